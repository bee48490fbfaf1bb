"""A network's file on the disk: places, crashes, paths, modes; loading runs nothing."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest

import dlarray as dl
from tests.io.network_files import assembled, assert_same_network, parts, refuses, small

# -- places that can't be written


def test_first_argument_must_be_a_network(path):
    with pytest.raises(TypeError, match="saveNetwork: the first argument must be a dlnetwork; got"):
        dl.saveNetwork([dl.reluLayer()], path)  # type: ignore[arg-type]
    assert not path.exists()


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("missing/net", FileNotFoundError),
        ("file/net", NotADirectoryError),
        ("folder", IsADirectoryError),
        ("n" * 256, OSError),
    ],
    ids=["no-folder", "file-as-folder", "folder-as-file", "name-too-long"],
)
def test_places_that_can_not_be_written(place, error, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    target = tmp_path / place
    with pytest.raises(error, match="saveNetwork: can't write: ") as caught:
        dl.saveNetwork(small(), target)
    assert caught.value.filename == str(target)
    assert str(target) in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert (tmp_path / "file").read_bytes() == b"x"
    assert os.listdir(tmp_path / "folder") == []


def test_missing_file_to_load(path):
    with pytest.raises(FileNotFoundError, match=r"net\.safetensors"):
        dl.loadNetwork(path)


WRITE = """
import os, resource, signal, sys
import numpy as np
import dlarray as dl
import dlarray.io, safetensors.numpy

path, prepare = sys.argv[1], sys.argv[2]
weights = np.arange(2.0 * 20_000, dtype="f4").reshape(20_000, 2)
net = dl.dlnetwork([dl.sequenceInputLayer(2), dl.fullyConnectedLayer(20_000, Weights=weights)])
if prepare == "full":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
elif os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    dl.saveNetwork(net, path)
except OSError as error:
    print(type(error).__name__, error.filename == path, path in str(error))
    print(np.array_equal(net.Learnables.Value[0].data, weights))
else:
    print("written")
"""


@pytest.fixture
def open_folder():
    """A folder that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if not all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.parents):
            pytest.skip(f"{folder} can't be reached by other users")
        yield folder
        folder.chmod(0o755)


posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions and signals")


@posix
def test_full_disk_leaves_the_old_file(path, run_python):
    dl.saveNetwork(small(), path)
    old = path.read_bytes()
    done = run_python(WRITE, path, "full")
    assert done.stdout.split() == ["OSError", "True", "True", "True"], done.stderr
    assert path.read_bytes() == old
    assert os.listdir(path.parent) == [path.name]


@posix
def test_read_only_folder_leaves_the_old_file(open_folder, run_python):
    path = open_folder / "net.safetensors"
    dl.saveNetwork(small(), path)
    old = path.read_bytes()
    open_folder.chmod(0o555)
    done = run_python(WRITE, path, "unprivileged")
    assert done.stdout.split() == ["PermissionError", "True", "True", "True"], done.stderr
    assert path.read_bytes() == old
    assert os.listdir(open_folder) == [path.name]


@posix
def test_folder_that_can_be_written_but_not_listed(open_folder, run_python):
    path = open_folder / "net.safetensors"
    open_folder.chmod(0o333)
    done = run_python(WRITE, path, "unprivileged")
    open_folder.chmod(0o755)
    assert done.stdout.split() == ["written"], done.stderr
    assert os.listdir(open_folder) == [path.name]


KILLED = """
import os, random, signal, sys, time
import numpy as np
import dlarray as dl

def net(value):
    layer = dl.fullyConnectedLayer(100_000, Weights=np.full((100_000, 2), value, "f4"))
    return dl.dlnetwork([dl.sequenceInputLayer(2), layer])

path, one, two = sys.argv[1], net(1), net(2)
dl.saveNetwork(one, path)
start = time.perf_counter()
dl.saveNetwork(two, path)
once = time.perf_counter() - start
random.seed(0)
found = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        try:
            while True:
                dl.saveNetwork(one, path)
                dl.saveNetwork(two, path)
        finally:
            os._exit(1)
    time.sleep(random.uniform(0, 4 * once))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    values = np.unique(dl.loadNetwork(path).Learnables.Value[0].data)
    assert values.tolist() in ([1], [2]), values
    found.append(values[0])
print(len(found))
"""


@posix
def test_a_kill_during_saving_leaves_a_whole_file(path, run_python):
    done = run_python(KILLED, path)
    assert done.stdout.split() == ["20"], done.stderr
    leftovers = [name for name in os.listdir(path.parent) if name != path.name]
    assert leftovers, "no kill came while a file was written"
    assert all(name.startswith(".saving-") for name in leftovers)


# -- paths, modes


NAMES = {
    "space": "my net.safetensors",
    "umlaut": "größe-网络",
    "no-suffix": "net",
    "dots": "a.b.c",
    "hidden": ".net",
    "newline": "a\nb",
    "percent": "%s{}",
    "longest": "n" * 255,
    "not-utf8": os.fsdecode(b"\xff\xfe-net"),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("kind", [str, Path], ids=["str", "pathlib"])
def test_names_of_files(name, kind, tmp_path):
    path = kind(tmp_path / name)
    try:
        Path(path).write_bytes(b"old")
    except OSError:
        pytest.skip("the file system takes no such name")
    dl.saveNetwork(small(), path)
    assert_same_network(dl.loadNetwork(path), small())
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["longest", "not-utf8"])
def test_errors_name_unusual_paths(name, tmp_path):
    path = tmp_path / NAMES[name]
    with pytest.raises(FileNotFoundError) as error:
        dl.loadNetwork(path)
    assert error.value.filename == str(path)
    refuses(path, b"garbage")
    with pytest.raises(FileNotFoundError) as error:
        dl.saveNetwork(small(), tmp_path / "missing" / NAMES[name])
    assert error.value.filename == str(tmp_path / "missing" / NAMES[name])


@posix
def test_long_paths(tmp_path):
    folder = tmp_path
    while len(str(folder)) < 3700:
        folder /= "d" * 200
    folder.mkdir(parents=True)
    dl.saveNetwork(small(), folder / "net")
    assert_same_network(dl.loadNetwork(folder / "net"), small())


def test_name_without_a_folder_is_in_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dl.saveNetwork(small(), "net")
    assert os.listdir(tmp_path) == ["net"]
    assert_same_network(dl.loadNetwork("net"), small())


@posix
@pytest.mark.parametrize(
    ("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)], ids=oct
)
def test_mode_follows_the_umask(mask, mode, path):
    before = os.umask(mask)
    try:
        dl.saveNetwork(small(), path)
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


# -- loading runs nothing


IMPORTS = """
import sys
import dlarray as dl
dl.loadNetwork(sys.argv[1])
before = set(sys.modules)
net = dl.loadNetwork(sys.argv[2])
print(*sorted(set(sys.modules) - before))
print(type(net.Layers[1]).__name__)
"""


def test_loading_imports_no_module_and_runs_no_code(content, tmp_path, run_python):
    (tmp_path / "planted.py").write_text("raise SystemExit('planted code ran')\n")
    record, arrays = parts(content)
    for name in ("planted", "antigravity", "os"):
        plain, other = tmp_path / "plain", tmp_path / "other"
        plain.write_bytes(content)
        record["layers"][1] |= {"class": "system", "module": name}
        record["layers"][1]["properties"]["Description"] = {"$function": "os.system"}
        other.write_bytes(assembled(record, arrays))
        paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        done = run_python(IMPORTS, plain, other, PYTHONPATH=paths)
        assert done.stdout.split() == ["UnknownLayer"], done.stderr
