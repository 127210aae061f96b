"""One chapter and several: in which kernel, how far, and what is told when things go wrong."""

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from jupyter_client.kernelspec import KernelSpecManager

from companion import runner
from companion.lessons.claims import claims_of, validate_notebook
from companion.runner import kernels
from companion.runner.notebooks import read

LESSON = """from companion.lessons import Lesson, at_least, close_to
lesson = Lesson(PROFILE, SEED)
settings = lesson.settings({"epochs": {"smoke": 1, "book": 40, "full": 20}})"""
CLAIMS = """lesson.claim("Exact", source="s", measured=1.0, holds=close_to(1, 0.1))
lesson.claim("Grows", source="s", measured=2 * SEED, holds={"book": at_least(0)})"""


def test_a_chapter_runs_clean_and_again_without_a_difference(tmp_path, chapter):
    looks = "import os\nprint(os.listdir(), os.environ['TQDM_DISABLE'], PROFILE, SEED)"
    path = chapter(tmp_path / "01_a.ipynb", LESSON, CLAIMS, looks)
    before = path.read_bytes()
    output = tmp_path / "out" / "01_a.ipynb"
    seen = []
    go = functools.partial(runner.execute, path, output, timeout=300)
    parameters = {"PROFILE": "book", "SEED": 3}
    result = go(parameters=parameters, on_cell=lambda done, of: seen.append((done, of)))
    assert (result.chapter, result.status, result.error) == ("01_a", "passed", "")
    assert result.peak_memory_mb > 100
    assert seen == [(done, 5) for done in range(1, 6)]
    executed = read(output)
    validate_notebook(executed)
    values = {claim["id"]: claim["value"] for claim in result.claims}
    assert values == {"exact": 1.0, "grows": 6}
    assert [claim["id"] for claim in claims_of(executed)] == ["exact", "grows"]
    assert executed.cells[-1].outputs[0].text == "[] 1 book 3\n"
    assert [cell.execution_count for cell in executed.cells] == [1, 2, 3, 4]
    assert [cell.source for cell in executed.cells] == [c.source for c in read(path).cells]
    first = output.read_bytes()
    assert go(parameters=parameters).status == "passed"
    assert output.read_bytes() == first
    assert path.read_bytes() == before


def test_one_failure_does_not_stop_the_others(tmp_path, chapter):
    paths = [
        chapter(tmp_path / "01_bad.ipynb", "print('so far')", "1 / 0", "print('never')"),
        chapter(tmp_path / "02_good.ipynb", "print('fine')"),
    ]
    tasks = [runner.Task(path, tmp_path / "out" / path.name, "smoke") for path in paths]
    bad, good = runner.run_all(tasks, jobs=2)
    assert (bad.status, bad.error) == ("failed", "In [4]: ZeroDivisionError: division by zero")
    assert (good.status, good.notebook) == ("passed", tmp_path / "out" / "02_good.ipynb")
    assert not bad.passed
    assert bad.notebook == tmp_path / "out" / "failed" / "01_bad.ipynb"
    assert not (tmp_path / "out" / "01_bad.ipynb").exists()
    kept = bad.notebook.read_text()
    assert "so far" in kept
    assert "ZeroDivisionError" in kept


def run(path, **options):
    """Executes a chapter in `smoke`."""
    output = path.parent / "out" / path.name
    return runner.execute(path, output, parameters={"PROFILE": "smoke"}, timeout=600, **options)


@pytest.mark.parametrize(
    "end", ["import sys; sys.exit(0)", "raise SystemExit", "exit()", "import os; os._exit(0)"]
)
def test_a_chapter_that_ends_itself_has_not_passed(tmp_path, chapter, end):
    result = run(chapter(tmp_path / "01_half.ipynb", end, "print('never')"))
    assert (result.status, result.passed) == ("failed", False)
    assert result.error.startswith("In [")
    assert result.notebook.parent.name == "failed"
    assert not (tmp_path / "out" / "01_half.ipynb").exists()


@pytest.mark.parametrize("tag", ["raises-exception", "skip-execution"])
def test_no_tag_excuses_a_cell(tmp_path, chapter, tag):
    path = chapter(tmp_path / "01_a.ipynb", "1 / 0")
    notebook = read(path)
    notebook.cells[-1].metadata["tags"] = [tag]
    nbformat.write(notebook, path)
    assert run(path).error == "In [3]: ZeroDivisionError: division by zero"


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind exist on POSIX alone")
@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", r"died of signal 9 \(SIGKILL\).*memory"),
        ("ctypes.string_at(0)", r"died of signal 11 \(SIGSEGV\)$"),
        ("print('a last word', file=sys.__stderr__, flush=True); os._exit(3)", "exit status 3$"),
    ],
)
def test_how_a_kernel_died_and_in_which_cell_is_told(tmp_path, chapter, end, words):
    given = "import ctypes, os, signal, sys"
    result = run(chapter(tmp_path / "01_dies.ipynb", given, "x = 1", end, "x = 2"))
    first, *log = result.error.splitlines()
    assert result.status == "failed"
    assert first.startswith("In [5]: the kernel ")
    assert re.search(words, first)
    assert ("a last word" in log) is ("last word" in end)


def test_a_kernel_that_never_began_is_told(tmp_path, chapter, monkeypatch):
    broken = tmp_path / "recorder.py"
    broken.write_text("raise SystemExit('no kernel today')")
    monkeypatch.setattr(kernels.recorder, "__file__", str(broken))
    result = run(chapter(tmp_path / "01_a.ipynb", "1"), root=tmp_path)
    assert result.status == "failed"
    assert result.error.startswith("at the start: ")
    assert "no kernel today" in result.error


@pytest.mark.parametrize("name", ["conda-env-vision-py", "Python 3 (ipykernel)", "python3"])
def test_a_chapter_runs_in_our_own_kernel_whatever_its_file_names(
    tmp_path, chapter, monkeypatch, name
):
    # A kernel called python3 that another environment left in the reader's home is not ours.
    foreign = tmp_path / "share" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    spec = {"argv": ["/nowhere/python", "{connection_file}"], "display_name": "", "language": "x"}
    (foreign / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    assert KernelSpecManager().get_kernel_spec("python3").argv[0] == "/nowhere/python"
    path = chapter(tmp_path / "01_a.ipynb", "import sys; print(sys.executable)")
    notebook = read(path)
    notebook.metadata["kernelspec"] = {"name": name, "display_name": name, "language": "python"}
    nbformat.write(notebook, path)
    result = run(path)
    assert result.passed, result.error
    assert read(result.notebook).cells[-1].outputs[0].text == f"{sys.executable}\n"


def test_a_kernel_that_is_not_here_is_refused_with_the_way_out(tmp_path, chapter):
    result = run(chapter(tmp_path / "01_a.ipynb", "1"), kernel="no-such-kernel")
    assert "'no-such-kernel'" in result.error
    assert "leave --kernel out" in result.error


def test_a_chapter_stops_at_its_time_limit(tmp_path, chapter, monkeypatch):
    # A cell that ignores the interrupt has to be killed with what it started.
    stubborn = """import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(6000)"])
open("../pids", "w").write(f"{os.getpid()} {child.pid} .")
while True:
    try:
        time.sleep(6000)
    except KeyboardInterrupt:
        print("not yet")"""
    pids = tmp_path / "pids"
    ticks = iter(range(100, 10**9))

    def clock():
        """A clock that stands until the cell is at work, then goes a second at each look."""
        begun = pids.is_file() and pids.read_text().endswith(".")
        return next(ticks) if begun else 0

    monkeypatch.setattr(kernels, "time", SimpleNamespace(monotonic=clock))
    path = chapter(tmp_path / "01_slow.ipynb", "import os", stubborn)
    parameters = {"PROFILE": "smoke"}
    folder = tmp_path / "work"
    result = runner.execute(
        path, tmp_path / "out.ipynb", parameters=parameters, timeout=4, cwd=folder
    )
    assert result.status == "timed out"
    assert result.error.startswith("stopped after")
    assert result.error.endswith("in In [4]")
    assert "not yet" in result.notebook.read_text()
    assert not any(_alive(int(pid)) for pid in pids.read_text().split()[:2])


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind exist on POSIX alone")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_kernel_behind(clone, chapter, kind):
    note = clone / "pid"
    sleeps = f"""import os, time
open({str(note)!r}, 'w').write(str(os.getpid()) + ' .')
time.sleep(6000)"""
    chapter(clone / "book" / "01_a.ipynb", sleeps)
    chapter(clone / "book" / "02_b.ipynb", "1")
    # Without -P the clone's own small package would be imported in place of the real one.
    command = [sys.executable, "-P", "-m", "companion", "run", "--profile", "smoke"]
    with subprocess.Popen(command, cwd=clone, stdout=subprocess.PIPE, text=True) as process:
        try:
            # However slow the machine is: a test as a whole has its limit in pyproject.toml.
            while not (note.is_file() and note.read_text().endswith(".")):
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.1)
            process.send_signal(kind)
            shown, _ = process.communicate()
        finally:
            process.kill()  # else a run that does not stop would be waited for
    assert process.returncode == 130
    assert shown.count("interrupted") == 2
    assert not _alive(int(note.read_text().split()[0]))
    assert not list((clone / "book").glob("results/*"))


def test_a_notebook_needs_a_cell_for_its_parameters(tmp_path):
    path = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", id="a")]), path)
    with pytest.raises(ValueError, match="no cell is tagged `parameters`"):
        runner.execute(path, tmp_path / "b.ipynb", parameters={"PROFILE": "book"}, timeout=9)
    with pytest.raises(ValueError, match=r"there is no notebook .*none\.ipynb"):
        runner.execute(tmp_path / "none.ipynb", path, parameters={}, timeout=9)


def test_kernels_get_threads_data_and_changes(monkeypatch, tmp_path):
    monkeypatch.delenv("COMPANION_THREADS", raising=False)
    monkeypatch.setattr("companion.records.machine.cores", lambda: 6)
    assert runner.environment("book")["OMP_NUM_THREADS"] == "1"
    assert runner.environment("full")["OMP_NUM_THREADS"] == "6"
    monkeypatch.setenv("COMPANION_THREADS", "2")
    assert runner.environment("full")["OMP_NUM_THREADS"] == "2"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMPANION_DATA", "sets")
    assert runner.environment("book")["COMPANION_DATA"] == str(tmp_path / "sets")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("COMPANION_DATA", "~/sets")
    assert runner.environment("book")["COMPANION_DATA"] == str(tmp_path / "sets")
    changed = runner.environment("book", {"epochs": "3"})
    assert json.loads(changed["COMPANION_SET"]) == {"epochs": "3"}


def _alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
