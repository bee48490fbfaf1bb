"""An array, subscripts, and what they pick."""

import numpy as np

import dlarray as dl

DATA = np.arange(30.0).reshape(2, 3, 5)


def array(fmt="SCB"):
    return dl.dlarray(DATA, fmt)


SUBSCRIPTS = [
    ("integers keep dimensions", np.s_[1, 2, 3], DATA[1:2, 2:3, 3:4]),
    ("negative integer", np.s_[:, -1], DATA[:, 2:3]),
    ("NumPy integer", (np.int64(1),), DATA[1:2]),
    ("0-d array", np.array(1), DATA[1:2]),
    ("one integer", 0, DATA[:1]),
    ("missing subscripts", np.s_[1:], DATA[1:]),
    ("full slice", np.s_[:], DATA),
    ("ellipsis first", np.s_[..., 0], DATA[..., :1]),
    ("ellipsis last", np.s_[1, ...], DATA[1:2]),
    ("ellipsis in the middle", np.s_[0, ..., 2], DATA[:1, :, 2:3]),
    ("ellipsis for nothing", np.s_[:, :, ..., 1], DATA[:, :, 1:2]),
    ("only ellipsis", ..., DATA),
    ("step", np.s_[:, :, ::2], DATA[:, :, ::2]),
    ("negative step", np.s_[::-1, :, 4:1:-1], DATA[::-1, :, 4:1:-1]),
    ("slice beyond the end", np.s_[:, 1:99], DATA[:, 1:]),
    ("empty slice", np.s_[:, 2:2], DATA[:, 2:2]),
    ("list", np.s_[:, [2, 0, 2]], DATA[:, [2, 0, 2]]),
    ("negative list", np.s_[:, [-1, 0]], DATA[:, [2, 0]]),
    ("grid", np.s_[[1, 0], :, [0, 4, 2]], DATA[[1, 0]][:, :, [0, 4, 2]]),
    ("grid with an integer", np.s_[0, [0, 2], [1, 3]], DATA[:1][:, [0, 2]][:, :, [1, 3]]),
    ("mask of a dimension", np.s_[:, :, [True, False, False, True, True]], DATA[:, :, [0, 3, 4]]),
    ("mask and list", np.s_[:, [2, 1], np.arange(5) > 2], DATA[:, [2, 1]][:, :, 3:]),
    ("empty list", np.s_[:, []], DATA[:, :0]),
    ("dlarray of indices", np.s_[:, dl.dlarray([True, False, True])], DATA[:, [0, 2]]),
]
