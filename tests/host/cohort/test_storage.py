"""Folders by URL: memory, archives, a web server."""

import functools
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import polars as pl
import pytest
from cohorts import serially, sessions_of

from hiphinge.app.cohort.places import absolute, list_sessions, open_place

pytestmark = pytest.mark.usefixtures("canned")


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    yield fs
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


def read(fs: fsspec.AbstractFileSystem, folder: str) -> pl.DataFrame:
    paths = [path for path in fs.ls(folder, detail=False) if path.endswith(".parquet")]
    return pl.concat([pl.read_parquet(fs.cat_file(path)) for path in paths]).sort("session")


def test_memory_in_and_out(memory: fsspec.AbstractFileSystem, study: Path):
    memory.put(str(study), "/study", recursive=True)
    summary = serially("memory://study", "memory://results")
    assert (summary.tally.analysed, summary.tally.refused) == (2, 1)
    found = read(memory, "/results/sessions")
    assert found["session"].to_list() == [
        "memory://study/broken.csv", "memory://study/deep/er/tuesday.CSV", "memory://study/monday",
    ]  # fmt: skip
    # The copy's place on this computer is nobody's business.
    assert found["error"][0].startswith("memory://study/broken.csv: ") and "/tmp" not in found["error"][0]
    assert found.filter(pl.col("person") == "=anna").height == 1
    assert read(memory, "/results/attempts").height == 6
    assert not memory.find("/results/_staging")
    assert serially("memory://study", "memory://results").kept == 3
    memory.pipe_file("/study/broken.csv", memory.cat_file("/study/deep/er/tuesday.CSV"))
    summary = serially("memory://study", "memory://results")
    assert (summary.tally.analysed, summary.kept) == (1, 2)
    assert read(memory, "/results/attempts").height == 9


def test_an_archive(study: Path, tmp_path: Path):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(study.rglob("*")):
            file.write(path, path.relative_to(tmp_path))
    out = tmp_path / "out"
    url = f"zip://study::{archive}"
    assert serially(url, out).tally.sessions == 3
    assert f"zip://study/monday::{archive}" in sessions_of(out)["session"].to_list()
    assert serially(url, out).kept == 3


def test_a_web_server_which_tells_no_times_is_read_again(study: Path, tmp_path: Path):
    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    out = tmp_path / "out"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/study"
            assert serially(url, out).tally.sessions == 3
            assert set(sessions_of(out)["stamp"]) == {None}
            assert serially(url, out).kept == 3
            (study / "broken.csv").write_text("time_s,other\n")
            summary = serially(url, out)
            assert (summary.tally.refused, summary.kept) == (1, 2)
        finally:
            server.shutdown()
            thread.join()


def test_passwords_stay_out_of_names(memory: fsspec.AbstractFileSystem):
    memory.pipe_file("/study/a.csv", b"")
    place = open_place("memory://study")
    assert place.name("a.csv") == "memory://study/a.csv"
    assert "secret" not in open_place("memory://me:secret@study").name("a.csv")


@pytest.mark.parametrize("url", ["s3://b/a", "zip://a::b.zip"])
def test_urls_are_left_as_they_are_and_paths_made_absolute(url: str):
    assert absolute(url) == url
    assert absolute("a/b") == (Path.cwd() / "a/b").as_posix()


def test_a_folder_that_may_not_be_listed_is_one_row(study: Path, monkeypatch: pytest.MonkeyPatch):
    import os

    scandir = os.scandir

    def refusing(path: str):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", refusing)
    found = {one.path: one.problem for one in list_sessions(open_place(str(study)))}
    assert found.keys() == {"monday", "broken.csv", "deep"} and "Permission denied" in str(found["deep"])
