import json
import logging

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
