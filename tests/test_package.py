"""The package as a whole: names, imports, docstrings, examples, wheel, repository."""

from __future__ import annotations

import ast
import builtins
import doctest
import importlib
import importlib.metadata
import importlib.util
import inspect
import pickle
import pkgutil
import re
import shutil
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest

import dlarray as dl

REPOSITORY = Path(__file__).parent.parent
PACKAGE = Path(dl.__file__).parent
OPTIONAL = {"matplotlib", "pandas", "scipy", "torch", "h5py", "onnx", "mpi4py", "cupy"}
SHADOWING = {"sum", "max", "min", "abs", "all", "any", "complex", "round"}

STUB = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
STUB_NAMES = {
    alias.asname: (node.module, alias.name)
    for node in STUB.body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
    if alias.asname
}
PUBLIC = sorted(STUB_NAMES)
CALLABLES = [name for name in PUBLIC if not isinstance(getattr(dl, name), types.ModuleType)]
ALL: list[str] = vars(dl)["__all__"]
MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages([str(PACKAGE)], "dlarray.")
    if not info.name.endswith("__main__")
)


# -- names


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name_is_what_the_stub_says(name):
    module, original = STUB_NAMES[name]
    assert original == name
    if module is None:
        assert getattr(dl, name) is importlib.import_module(f"dlarray.{name}")
    else:
        assert getattr(dl, name) is getattr(importlib.import_module(f"dlarray.{module}"), name)


def test_stub_holds_re_exports_only():
    kinds = {type(node) for node in STUB.body}
    assert kinds <= {ast.ImportFrom, ast.AnnAssign, ast.Assign}
    for node in STUB.body:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1
            assert all(alias.asname == alias.name for alias in node.names)


def test_all_is_every_public_name_that_shadows_no_builtin():
    assert len(ALL) == len(set(ALL))
    assert set(ALL) == set(PUBLIC) - set(dir(builtins))
    assert {name for name in PUBLIC if hasattr(builtins, name)} == SHADOWING


def test_star_import_shadows_no_builtin():
    namespace: dict[str, object] = {}
    exec("from dlarray import *", namespace)
    imported = set(namespace) - {"__builtins__"}
    assert imported == set(ALL)
    assert not imported & set(dir(builtins))


def test_star_import_by_the_stub_is_that_of_the_package():
    """Without a list of its own a stub gives type checkers every name, `sum` and `max` too."""
    lists = [ast.literal_eval(node.value) for node in STUB.body if isinstance(node, ast.Assign)]
    assert sorted(lists[0] if lists else PUBLIC) == sorted(ALL)


def test_dir_lists_public_names():
    assert set(PUBLIC) <= set(dir(dl))
    assert "__version__" in dir(dl)
    assert dir(dl) == sorted(dir(dl))


def test_names_by_submodule_and_by_package_are_the_same_objects():
    from dlarray import dlarray
    from dlarray.nnet.layer import Formattable, Layer

    assert dlarray is dl.dlarray
    assert dl.nnet.layer.Layer is Layer is dl.Layer
    assert Formattable is dl.Formattable
    assert dl.nnet.layer.Acceleratable is dl.Acceleratable
    assert dl.datasets.waveform.__name__ in dl.datasets.__all__


def test_unknown_name_raises():
    with pytest.raises(AttributeError, match="module 'dlarray' has no attribute 'nothing'"):
        _ = dl.nothing  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec("from dlarray import nothing")


def test_version_is_that_of_the_stub_and_of_the_form_of_pep_440():
    assert re.fullmatch(r"\d+\.\d+\.\d+([abrc.]\w+)?", dl.__version__)
    declared = [node for node in STUB.body if isinstance(node, ast.AnnAssign)]
    assert [ast.unparse(node) for node in declared] == ["__version__: str"]


@pytest.mark.parametrize("name", MODULES)
def test_all_of_a_module_resolves(name):
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", []):
        getattr(module, public)


ERRORS = [name for name in CALLABLES if name.endswith("Error")]


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_those_of_the_package_and_travel_between_processes(name):
    error = getattr(dl, name)("what happened")
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is type(error)
    assert copied.args == error.args


# -- imports

IMPORT = """
import sys
import dlarray
print(*sorted({name.partition('.')[0] for name in sys.modules}))
"""

IMPORT_ALL = """
import gc, importlib, sys
import numba  # which imports scipy where it is installed
of_numba = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
import dlarray
for name in dlarray.__all__:
    getattr(dlarray, name)
from numba.core.dispatcher import Dispatcher
found = [x for x in gc.get_objects() if isinstance(x, Dispatcher)]
ours = [x for x in found if x.py_func.__module__.startswith('dlarray')]
assert ours
print(*[x.py_func.__qualname__ for x in ours if x.signatures])
print(*sorted({name.partition('.')[0] for name in set(sys.modules) - of_numba}))
"""


def test_import_loads_no_optional_module_and_no_numba(run_python):
    done = run_python(IMPORT)
    loaded = set(done.stdout.split())
    assert "dlarray" in loaded, done.stderr
    assert not loaded & (OPTIONAL | {"numba", "llvmlite", "safetensors", "tqdm"})


def test_importing_every_module_compiles_nothing(run_python, tmp_path):
    done = run_python(IMPORT_ALL, *MODULES, DLARRAY_CACHE_DIR=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    compiled, loaded = done.stdout.splitlines()
    assert compiled == ""
    assert "dlarray" in loaded.split()
    assert not set(loaded.split()) & OPTIONAL
    assert not (tmp_path / "cache").exists()


def test_help_of_the_command_line_loads_no_numba(run_python):
    code = (
        "import sys\nfrom dlarray.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    print('numba' in sys.modules)"
    )
    assert run_python(code).stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_imports_on_its_own(name):
    assert importlib.util.find_spec(name) is not None
    assert importlib.import_module(name).__doc__


# -- docstrings


def parsed_examples(object_):
    return doctest.DocTestParser().get_examples(inspect.getdoc(object_) or "")


def public_namespace():
    """All public names but `round`: Python's rounds the numbers of examples, and dlarrays too."""
    return {"np": np, **{name: getattr(dl, name) for name in PUBLIC if name != "round"}}


def run_example(name, docstring, namespace):
    test = doctest.DocTestParser().get_doctest(docstring, namespace, name, None, 0)
    text: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(
        test, out=text.append
    )
    assert result.failed == 0, "".join(text)


@pytest.mark.parametrize("name", CALLABLES)
def test_public_object_has_a_docstring(name):
    object_ = getattr(dl, name)
    assert object_.__doc__
    assert object_.__doc__.strip()


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in CALLABLES
        if not (inspect.isclass(getattr(dl, name)) and issubclass(getattr(dl, name), Exception))
    ],
)
def test_public_function_or_class_has_an_example(name):
    assert parsed_examples(getattr(dl, name))


@pytest.mark.parametrize("name", [name for name in CALLABLES if parsed_examples(getattr(dl, name))])
def test_example_of_a_public_name_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_example(name, inspect.getdoc(getattr(dl, name)), public_namespace())


def other_examples():
    """Examples in docstrings of modules, and of what is not public."""
    public = {id(getattr(dl, name)) for name in PUBLIC}
    found = {}
    for name in MODULES:
        module = importlib.import_module(name)
        for test in doctest.DocTestFinder(exclude_empty=True).find(module):
            if test.examples and id(resolved(module, test.name)) not in public:
                found[test.name] = (module, test.docstring)
    return found


def resolved(module, name):
    object_ = module
    for part in name.removeprefix(module.__name__).strip(".").split("."):
        object_ = getattr(object_, part, None) if part else object_
    return object_


OTHERS = other_examples()


@pytest.mark.parametrize("name", OTHERS)
def test_example_of_an_inner_name_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module, docstring = OTHERS[name]
    run_example(name, inspect.cleandoc(docstring), {**public_namespace(), **vars(module)})


def test_an_example_that_is_wrong_is_caught():
    with pytest.raises(AssertionError, match="Expected"):
        run_example("wrong", ">>> 1 + 1\n3\n", {})


# -- the wheel and the repository


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy of the repository, without the network."""
    for module in ("build", "setuptools"):
        try:  # by its metadata: a folder of this name would be found as a package
            importlib.metadata.version(module)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"{module} is not installed, and fetching it needs the network")
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    shutil.copytree(REPOSITORY, folder / "source", symlinks=True, ignore=ignored)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, "."],
        cwd=folder / "source",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = folder.glob("*.whl")
    return found


def test_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    info = f"dlarray-{dl.__version__}.dist-info"
    assert {name.partition("/")[0] for name in names} == {"dlarray", info}
    files = [p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".pyi") or p.name == "py.typed"]
    expected = {f"dlarray/{p.relative_to(PACKAGE).as_posix()}" for p in files}
    assert {name for name in names if name.startswith("dlarray/")} == expected
    assert {"dlarray/py.typed", "dlarray/__init__.pyi"} <= expected


def test_wheel_names_the_command_and_the_license(wheel):
    info = f"dlarray-{dl.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        assert "dlarray = dlarray.cli:main" in archive.read(f"{info}/entry_points.txt").decode()
        metadata = archive.read(f"{info}/METADATA").decode()
        assert f"{info}/licenses/LICENSE" in archive.namelist()
    assert f"Version: {dl.__version__}\n" in metadata
    required = re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", metadata, re.M)
    assert set(required) == {"numpy", "numba", "safetensors", "tqdm"}


def test_wheel_works_where_it_is_unpacked(wheel, tmp_path, run_python):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "import dlarray, sys; print(dlarray.__file__); print(dlarray.dlarray([1.0], 'C').dims())"
    done = run_python(code, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert done.stdout.split("\n")[0] == str(tmp_path / "dlarray" / "__init__.py"), done.stderr


def test_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()


@pytest.mark.parametrize("name", ["layers", "kernels"])
def test_links_at_the_top_lead_into_the_package(name):
    link = REPOSITORY / name
    if not link.is_symlink():
        pytest.skip("this checkout has no symbolic links")
    assert link.readlink() == Path("dlarray") / name
    assert link.resolve() == (PACKAGE / name).resolve()


def tracked_files():
    """Files of the repository: known to git, or new and not ignored."""
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("this is no git checkout")
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    paths = [REPOSITORY / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def test_no_file_names_a_home_folder():
    home = re.compile(rb"(?<![\w.])/(?:home|Users|root)/[\w.]|[A-Za-z]:\\+Users\\")
    found = {
        f"{path.relative_to(REPOSITORY)}:{number + 1}"
        for path in tracked_files()
        for number, line in enumerate(path.read_bytes().splitlines())
        if home.search(line)
    }
    assert found == set()


def test_the_search_for_home_folders_finds_them(tmp_path):
    home = re.compile(rb"(?<![\w.])/(?:home|Users|root)/[\w.]|[A-Za-z]:\\+Users\\")
    for folder in ("home", "Users", "root"):
        assert home.search(f'path = "/{folder}/name/data"'.encode())
    assert not home.search(b"https://example.com/home/page")


def test_repository_holds_no_built_files():
    built = {".pyc", ".so", ".whl", ".egg", ".bin"}
    assert not [path for path in tracked_files() if path.suffix in built]
