import json
import logging
import os
import subprocess
import sys

from formwright_inference import work
from formwright_inference.logs import JsonLines


def line(**extra):
    record = logging.makeLogRecord({"name": "formwright.inference", "levelname": "INFO", "msg": "request", **extra})
    return json.loads(JsonLines().format(record))


def test_each_line_names_the_run_and_stage_of_its_request():
    work.enter("other=1, formwright.run=lora-v1-1%2F2;property=1,formwright.stage=evaluating")
    assert line(adapter="abc") | {"at": ""} == {
        "at": "", "level": "info", "part": "inference", "run": "lora-v1-1/2", "stage": "evaluating",
        "logger": "formwright.inference", "message": "request", "adapter": "abc",
    }  # fmt: skip


def test_a_request_of_nobodys_run_says_so_and_a_hostile_one_is_cut():
    work.enter(None)
    assert (line()["run"], line()["stage"]) == (None, None)
    work.enter("formwright.run=" + "x" * 5000 + ",formwright.stage=")
    assert len(line()["run"]) == work.MAX_CHARACTERS
    assert line()["stage"] is None


def test_warnings_and_errors_that_nobody_caught_are_lines_too():
    program = """
import threading, warnings
from formwright_inference.logs import set_up_logs
set_up_logs()
warnings.warn("old")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start(), thread.join()
raise ValueError("the end")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, "")
    lines = [json.loads(text) for text in ended.stdout.splitlines()]
    assert [one["level"] for one in lines] == ["warn", "fatal", "fatal"]
    assert all((one["part"], one["run"], one["stage"]) == ("inference", None, None) for one in lines)
    assert "old" in lines[0]["message"]
    assert (lines[1]["message"], lines[2]["message"]) == ("division by zero", "the end")
    assert "ValueError" in lines[2]["trace"]


def test_a_wrong_environment_is_a_line_that_names_each_variable():
    ended = subprocess.run(
        [sys.executable, "-m", "formwright_inference"], capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    [text] = (ended.stdout + ended.stderr).splitlines()
    said = json.loads(text)
    assert (ended.returncode, said["level"], said["run"], said["stage"]) == (1, "fatal", None, None)
    assert "FORMWRIGHT_BASE_DIR" in said["message"]
