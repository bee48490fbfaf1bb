"""1-D convolution: forward, and forward with all gradients.

A case is (batch, length, channels, filters, filter size, stride, dilation, groups), "same" padding
if nothing else is said, single precision, with a bias.  First layers, whose input is the data, are
measured without the input gradient too.  Ours is the public `dlconv` on labelled arrays, and for
the gradients what `trainnet` does: record, walk back.

PyTorch's are `conv1d` on (batch, channel, time) and `conv2d` on channels-last images of height 1,
each with and without oneDNN, and where the two ends are padded by different lengths both with a pad
before the call and, for a stride of 1, with a longer padding of which the result is cut off: the
fastest for each case and measure counts.  JAX has the better of the orders "NWC" and "NCW", ONNX
Runtime its only one, with its results in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .peers import Calls, Prepared, Variant, best_of, recorded
from .torch_layouts import Layout, ways

FIRST_LAYER = "forward+backward, first layer"
MEASURES = ("forward", "forward+backward")


class Case(NamedTuple):
    batch: int
    length: int
    channels: int
    filters: int
    size: int
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    first: bool = False
    padding: str = "same"

    @property
    def name(self) -> str:
        return ", ".join(str(n) for n in self[:8])

    @property
    def family(self) -> str:
        return "depthwise" if self.groups == self.channels > 1 else ""

    @property
    def measures(self) -> tuple[str, ...]:
        return (*MEASURES, FIRST_LAYER) if self.first else MEASURES

    @property
    def n_out(self) -> int:
        return -(-self.length // self.stride)

    @property
    def ends(self) -> tuple[int, int]:
        """The lengths of padding at the two ends."""
        reach = (self.size - 1) * self.dilation
        if self.padding == "causal":
            return reach, 0
        total = max((self.n_out - 1) * self.stride + reach + 1 - self.length, 0)
        return total // 2, total - total // 2

    def flops(self, measure: str) -> float:
        inner = self.size * self.channels // self.groups
        forward = 2.0 * self.batch * self.n_out * inner * self.filters
        return forward * {"forward": 1, "forward+backward": 3, FIRST_LAYER: 2}.get(measure, 1)

    def nbytes(self, measure: str) -> float:
        """Of depthwise cases, which memory may bound: what must be read and written at least."""
        if not self.family:
            return 0.0
        x, y = self.length, self.n_out
        counts = {"forward": x + y, "forward+backward": 3 * x + 2 * y, FIRST_LAYER: 2 * x + 2 * y}
        return 4.0 * self.batch * self.channels * counts.get(measure, x + y)


CASES = (
    Case(16, 512, 64, 64, 5),
    Case(16, 512, 64, 64, 3, dilation=4),
    Case(32, 200, 16, 32, 5),
    Case(8, 4096, 16, 16, 51, dilation=8),
    Case(32, 128, 256, 256, 3),
    Case(32, 1000, 12, 64, 11, first=True),
    Case(1, 64, 32, 32, 3),
    Case(1, 100000, 1, 16, 64, first=True),
    Case(8, 1000, 3, 32, 7, stride=2, first=True),
    Case(4, 2000, 32, 32, 3, dilation=8),
    Case(16, 256, 32, 64, 4, stride=2),
    Case(64, 128, 128, 128, 3),
    Case(16, 300, 20, 20, 5),
    Case(8, 1024, 64, 64, 9, groups=64),
    Case(2, 4096, 128, 128, 3, dilation=4, groups=128),
    Case(32, 50, 256, 64, 1),
    Case(1, 20, 8, 8, 3),
    Case(16, 512, 96, 96, 5, groups=4),
)

COLUMNS = "batch, length, channels, filters, size, stride, dilation, groups"


def arrays(case: Case) -> dict[str, np.ndarray]:
    """x (B, L, C), w (K, C/G, F/G, G), b (F,) and dy (B, T, F)."""
    rng = np.random.default_rng(0)
    n, length, c, f, k = case[:5]
    g = case.groups
    sizes = {"x": (n, length, c), "w": (k, c // g, f // g, g), "b": (f,), "dy": (n, case.n_out, f)}
    return {name: rng.standard_normal(size, "f4") for name, size in sizes.items()}


def filters_last(w: np.ndarray) -> np.ndarray:
    """(K, C/G, F) of (K, C/G, F/G, G), the filters of a group next to each other."""
    return np.ascontiguousarray(w.swapaxes(2, 3)).reshape(*w.shape[:2], -1)


def function(case: Case) -> tuple[Any, dict[str, Any], np.ndarray]:
    """Our convolution as a function of x, w and b, these, and the gradient of its result."""
    import dlarray as dl

    data = arrays(case)
    grouped = case.groups > 1
    w = dl.dlarray(data["w"] if grouped else data["w"][..., 0])
    values = {"x": dl.dlarray(data["x"], "BTC"), "w": w, "b": dl.dlarray(data["b"])}
    slope = dl.dlarray(data["dy"], "BTC").extractdata()
    options: dict[str, Any] = {
        "Stride": case.stride,
        "DilationFactor": case.dilation,
        "Padding": case.padding,
    }

    def convolve(x: Any, w: Any, b: Any) -> Any:
        return dl.dlconv(x, w, b, WeightsFormat="TCUU" if grouped else "TCU", **options)

    return convolve, values, slope


def ours(case: Case) -> Prepared:
    """The calls to time, and a function that gives the results to compare: y, dw as (K, C/G, F), db
    and dx.
    """
    convolve, values, slope = function(case)

    def forward() -> Any:
        return convolve(**values)

    both = recorded(convolve, values, slope, ["w", "b", "x"])

    def results() -> list[np.ndarray]:
        y, slopes = both()
        dw = slopes["w"].reshape(arrays(case)["w"].shape)
        dx = slopes["x"].transpose(1, 2, 0)
        return [y.data.transpose(1, 2, 0), filters_last(dw), slopes["b"].ravel(), dx]

    calls: Calls = {"forward": forward, "forward+backward": both}
    if case.first:
        calls[FIRST_LAYER] = recorded(convolve, values, slope, ["w", "b"])
    return Prepared(calls, results)


def torch(case: Case) -> Prepared:
    """The same in PyTorch."""
    styles = torch_styles(case)
    return best_of(
        [
            _torch_variant(case, layout, style, f"{name}{', ' * bool(style)}{style}", before)
            for name, layout, before in ways()
            for style in styles
        ]
    )


def torch_styles(case: Case) -> tuple[str, ...]:
    """How to pad by different lengths at the two ends."""
    if case.ends[0] == case.ends[1]:
        return ("",)
    return ("pad", "pad and cut") if case.stride == 1 else ("pad",)


def torch_convolve(case: Case, layout: Layout, style: str) -> Any:
    """A function of x, w and b."""
    import torch as t

    F = t.nn.functional
    function = F.conv2d if layout.image else F.conv1d
    left, right = case.ends
    longer = 0 if style == "pad" else max(left, right)
    first = longer - left
    options = {
        "stride": layout.sizes(case.stride),
        "padding": layout.sizes(longer, 0),
        "dilation": layout.sizes(case.dilation),
        "groups": case.groups,
    }

    def convolve(x: Any, w: Any, b: Any) -> Any:
        if style == "pad":
            x = F.pad(x, (left, right))
        y = function(x, w, b, **options)
        return y[..., first : first + case.n_out] if style == "pad and cut" else y

    return convolve


def torch_arrays(case: Case, layout: Layout) -> tuple[Any, Any, Any, Any]:
    """x, w, b and dy in a layout."""
    import torch as t

    data = arrays(case)
    w = layout.tensor(filters_last(data["w"]).transpose(2, 0, 1))
    return layout.tensor(data["x"]), w, t.tensor(data["b"]), layout.tensor(data["dy"])


def _torch_variant(case: Case, layout: Layout, style: str, name: str, before: Any) -> Variant:
    import torch as t

    convolve = torch_convolve(case, layout, style)
    x, w, b, dy = torch_arrays(case, layout)
    data = x.clone()
    for leaf in (x, w, b):
        leaf.requires_grad_()

    def forward() -> Any:
        with t.inference_mode():
            return convolve(x, w, b)

    def both() -> Any:
        y = convolve(x, w, b)
        return y, t.autograd.grad(y, (w, b, x), dy)

    def first() -> Any:
        y = convolve(data, w, b)
        return y, t.autograd.grad(y, (w, b), dy)

    def results() -> list[np.ndarray]:
        y, (dw, db, dx) = both()
        dw = layout.array(dw).transpose(1, 2, 0)
        return [layout.array(y), dw, db.numpy(), layout.array(dx)]

    calls: Calls = {"forward": forward, "forward+backward": both}
    return Variant(name, calls | ({FIRST_LAYER: first} if case.first else {}), results, before)


def jax(case: Case) -> Prepared:
    """The same in JAX, compiled by it."""
    return best_of([_jax_variant(case, *order) for order in jax_orders(case)])


JaxOrder = tuple[str, Any, tuple[Any, ...], tuple[Any, Any]]


def jax_orders(case: Case) -> Iterator[JaxOrder]:
    """For each order of axes its name, the function of x, w and b, these and dy, and the
    permutations of data and weights.
    """
    import jax as j

    data = arrays(case) | {"w": filters_last(arrays(case)["w"])}
    for order, w_order, of_data, of_w in (
        ("NWC", "WIO", (0, 1, 2), (0, 1, 2)),
        ("NCW", "OIW", (0, 2, 1), (2, 1, 0)),
    ):
        x, dy = (j.numpy.asarray(data[name].transpose(of_data)) for name in ("x", "dy"))
        w, b = j.numpy.asarray(data["w"].transpose(of_w)), j.numpy.asarray(data["b"])

        def convolve(x: Any, w: Any, b: Any, order: str = order, w_order: str = w_order) -> Any:
            y = j.lax.conv_general_dilated(
                x, w, (case.stride,), [case.ends], rhs_dilation=(case.dilation,),
                dimension_numbers=(order, w_order, order), feature_group_count=case.groups,
            )  # fmt: skip
            return y + (b if order == "NWC" else b[:, None])

        yield order, convolve, (x, w, b, dy), (of_data, of_w)


def _jax_variant(
    case: Case, name: str, convolve: Any, values: tuple[Any, ...], orders: tuple[Any, Any]
) -> Variant:
    import jax as j

    of_data, of_w = orders
    x, w, b, _ = values

    def forward(x: Any, w: Any, b: Any) -> Any:
        return convolve(x, w, b)

    def both(x: Any, w: Any, b: Any, dy: Any) -> Any:
        y, back = j.vjp(convolve, x, w, b)
        return y, back(dy)

    def first(x: Any, w: Any, b: Any, dy: Any) -> Any:
        y, back = j.vjp(lambda w, b: convolve(x, w, b), w, b)
        return y, back(dy)

    forward, both, first = j.jit(forward), j.jit(both), j.jit(first)
    calls: Calls = {
        "forward": lambda: j.block_until_ready(forward(x, w, b)),
        "forward+backward": lambda: j.block_until_ready(both(*values)),
    }
    if case.first:
        calls[FIRST_LAYER] = lambda: j.block_until_ready(first(*values))

    def results() -> list[np.ndarray]:
        y, (dx, dw, db) = calls["forward+backward"]()
        y, dx = (np.asarray(part).transpose(of_data) for part in (y, dx))
        return [y, np.asarray(dw).transpose(of_w), np.asarray(db), dx]

    return Variant(name, calls, results)


def onnxruntime(case: Case) -> Prepared:
    """The forward pass in ONNX Runtime."""
    from . import onnx_models

    data = arrays(case)
    weights = {"w": filters_last(data["w"]).transpose(2, 1, 0), "b": data["b"]}
    call, result = onnx_models.session(
        "Conv", data["x"], weights, (case.batch, case.filters, case.n_out),
        pads=list(case.ends), strides=[case.stride], dilations=[case.dilation],
        group=case.groups,
    )  # fmt: skip
    return Prepared({"forward": call}, lambda: [result()])
