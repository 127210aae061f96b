"""Lines that several processes add to a file, and that killed ones leave torn."""

import os
import subprocess
import sys

import pytest

from companion.records import append_line, read_lines

ADD_MANY = """
import sys
from pathlib import Path
from companion.records import append_line
for number in range(40):
    line = {"writer": int(sys.argv[2]), "number": number, "text": "ä" * 20_000}
    append_line(Path(sys.argv[1]), line)
"""


def test_lines_come_back_as_they_were(tmp_path):
    path = tmp_path / "new" / "rows.jsonl"
    assert list(read_lines(path)) == []
    rows = [{"a": 1.5, "b": "two\nlines\u2028"}, {"b": None}]
    for row in rows:
        append_line(path, row)
    assert list(read_lines(path)) == rows


@pytest.mark.parametrize("torn", [b'{"row": 2, "te', b'{"row": 2}x', b"\xff", b"7"])
def test_a_torn_line_spoils_no_other(tmp_path, torn):
    path = tmp_path / "rows.jsonl"
    append_line(path, {"row": 1})
    with path.open("ab") as file:
        file.write(torn)
    assert list(read_lines(path)) == [{"row": 1}]
    append_line(path, {"row": 3})
    assert list(read_lines(path)) == [{"row": 1}, {"row": 3}]


def test_a_whole_line_without_its_end_counts(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"row": 1}')
    append_line(path, {"row": 2})
    assert list(read_lines(path)) == [{"row": 1}, {"row": 2}]


@pytest.mark.skipif(os.name == "nt", reason="no such lock on Windows")
def test_writers_at_once_take_turns(tmp_path):
    path = tmp_path / "rows.jsonl"
    command = [sys.executable, "-c", ADD_MANY, str(path)]
    writers = [subprocess.Popen([*command, str(number)]) for number in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    found = [(line["writer"], line["number"]) for line in read_lines(path)]
    assert sorted(found) == [(writer, number) for writer in range(3) for number in range(40)]
    assert path.read_bytes().count(b"\n") == 120
