"""Memory shared with other libraries by DLPack, and arrays of other libraries."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import dlarray as dl

DATA = np.random.default_rng(7).uniform(0.5, 2.0, (3, 5, 7))


class Foreign:
    """An array of a library that speaks DLPack only."""

    def __init__(self, data, error=None):
        self.data, self.error = data, error

    def __dlpack__(self, **options):
        if self.error:
            raise self.error
        return self.data.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.data.__dlpack_device__()


@pytest.mark.parametrize("dtype", ["f4", "f8", "?"])
@pytest.mark.parametrize("fmt", ["CBT", "SSC", ""])
def test_values_go_out_without_a_copy_and_read_only(dtype, fmt):
    X = dl.dlarray(DATA.astype(dtype), fmt)
    for source in (X, dl.extractdata(X)):
        view = np.from_dlpack(source)
        assert np.shares_memory(view, X.data) and not view.flags.writeable
        np.testing.assert_array_equal(view, X.data)
    assert X.__dlpack_device__() == dl.extractdata(X).__dlpack_device__()


def test_a_copy_has_memory_of_its_own():
    X = dl.dlarray(DATA, "CBT")
    assert not np.shares_memory(np.from_dlpack(X, copy=True), X.data)


def test_the_memory_lives_as_long_as_its_view():
    view = np.from_dlpack(dl.dlarray(np.full((300, 300), 3.0), "CB"))
    gc.collect()
    others = [dl.dlarray(np.zeros((300, 300)), "CB") for _ in range(3)]
    assert (view == 3).all() and len(others) == 3


def test_an_older_reader_is_told_why():
    text = r"dlarray: the values can't be written to, .*max_version=\(1, 0\), or give a copy"
    with pytest.raises(BufferError, match=text):
        dl.dlarray(DATA, "CBT").__dlpack__()


def test_a_traced_array_does_not_go_out():
    text = "dlarray: the array is traced, and DLPack gives values without it. Use extractdata"
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(np.from_dlpack, dl.dlarray(DATA, "CBT"))


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "?"])
def test_foreign_arrays_come_in(dtype):
    data = DATA.astype(dtype)
    X = dl.dlarray(Foreign(data), "TBC")
    assert (dl.dims(X), X.dtype) == ("CBT", np.dtype("f8" if dtype == "i4" else dtype))
    np.testing.assert_array_equal(X.data, data.transpose(2, 1, 0))
    assert not np.shares_memory(X.data, data)
    np.testing.assert_allclose((dl.dlarray(DATA) + Foreign(data)).data, DATA + data, rtol=1e-6)


def test_foreign_memory_can_be_used():
    data = DATA.copy()
    assert np.shares_memory(dl.dlarray(Foreign(data), "CBT", copy=False).data, data)


@pytest.mark.parametrize("error", [BufferError("on another device."), TypeError("no")])
def test_foreign_arrays_that_can_not_be_read(error):
    text = rf"the values of a \S*Foreign can't be read \({str(error)[:-1]}.*\)\. Give an array on"
    with pytest.raises(TypeError, match=text):
        dl.dlarray(Foreign(DATA, error), "CBT")


# -- PyTorch
# ------------------------------------------------------------------------------------------------


@pytest.mark.torch
@pytest.mark.parametrize("fmt", ["CBT", "TBC", ""])
@pytest.mark.parametrize("dtype", ["f4", "f8", "?"])
def test_torch_shares_the_memory(dtype, fmt):
    import torch

    X = dl.dlarray(DATA.astype(dtype), fmt)
    for source in (X, dl.extractdata(X)):
        tensor = torch.from_dlpack(source)
        assert tensor.data_ptr() == X.data.ctypes.data
        assert tuple(tensor.shape) == X.shape
        np.testing.assert_array_equal(tensor.numpy(), X.data)


@pytest.mark.torch
def test_torch_gets_a_copy_to_write_to():
    import torch

    X = dl.dlarray(DATA, "CBT")
    for tensor in (torch.from_dlpack(X, copy=True), torch.from_dlpack(np.array(X))):
        tensor += 1
    np.testing.assert_array_equal(X.data, DATA)


@pytest.mark.torch
@pytest.mark.parametrize("copy", [True, False])
def test_tensors_come_in(copy):
    import torch

    tensor = torch.tensor(DATA, dtype=torch.float32)
    X = dl.dlarray(tensor.permute(2, 0, 1), "TCB", copy=copy)
    assert (dl.dims(X), X.dtype) == ("CBT", np.dtype("f4"))
    np.testing.assert_array_equal(X.data, DATA.astype("f4"))
    assert np.shares_memory(X.data, tensor.numpy()) is not copy
    assert dl.dlarray(torch.arange(3)).dtype == np.float64


@pytest.mark.torch
def test_tensors_that_can_not_be_read():
    import torch

    with pytest.raises(TypeError, match=r"Tensor of type .* can't be read .*gradient"):
        dl.dlarray(torch.ones(3, 5, requires_grad=True))
    with pytest.raises(TypeError, match=r"a torch\.Tensor of type torch\.bfloat16 can't be read"):
        dl.dlarray(torch.ones(3, 5, dtype=torch.bfloat16))
    with pytest.raises(TypeError, match="float16 are not possible"):
        dl.dlarray(torch.ones(3, 5, dtype=torch.float16))
