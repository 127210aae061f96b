import os
from pathlib import Path

import pytest

from companion.records.files import remove_leftovers, require_writable, write_file, write_text


def test_a_file_is_made_with_its_folder_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.bin"
    for content in (b"one", b"another"):
        write_file(path, content)
        assert path.read_bytes() == content
    assert [entry.name for entry in path.parent.iterdir()] == ["a.bin"]


def test_text_is_utf8_with_its_own_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "Wärme\nθ\n")
    assert (tmp_path / "a.txt").read_bytes() == "Wärme\nθ\n".encode()


@pytest.mark.parametrize("stage", ["fsync", "replace"])
def test_a_write_that_fails_keeps_the_old_content(tmp_path: Path, monkeypatch, stage: str) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, stage, fail)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_the_new_content_is_on_the_disk_before_it_has_the_name(tmp_path, monkeypatch) -> None:
    path, calls = tmp_path / "a.txt", []

    def noted(name: str):
        function = getattr(os, name)

        def call(*given: object) -> None:
            calls.append((name, path.exists()))
            function(*given)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name))
    write_text(path, "text")
    assert calls[:2] == [("fsync", False), ("replace", False)]
    assert path.read_text() == "text"


def test_a_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    require_writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match="file"):
            require_writable(wrong)


def test_what_killed_writers_left_is_taken_away_and_nothing_else(tmp_path: Path, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    write_text(tmp_path / "a.txt", "kept")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", kill)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(Killed):
            write_text(tmp_path / "b.txt", "half")
    assert len(list(tmp_path.iterdir())) == 2
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
