import json
import subprocess
import sys

PROGRAM = """
import logging, warnings
from formwright_training.instance.log import say, say_everything, say_transformers_too, work_for
say_everything()
say("began")
work_for("lora-v1-of-today", 2)
warnings.warn("old")
logging.getLogger("botocore").warning("slow")
say_transformers_too()
logging.getLogger("transformers.modeling_utils").warning("odd")
raise ValueError("the end")
"""


def test_whatever_the_program_says_is_a_line_with_its_run_and_stage():
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    lines = [json.loads(text) for text in ended.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["info", "warn", "warn", "warn", "fatal"]
    assert [line["run"] for line in lines] == [None] + ["lora-v1-of-today"] * 4
    assert {(line["part"], line["stage"]) for line in lines} == {("instance", "training")}
    said = [line["message"] for line in lines]
    assert "old" in said[1] and said[2:4] == ["slow", "odd"] and said[4].endswith("ValueError: the end")


def test_a_request_that_cannot_be_read_is_a_line(tmp_path):
    command = [sys.executable, "-m", "formwright_training.instance", "--request", str(tmp_path / "none")]
    ended = subprocess.run(command, capture_output=True, text=True)
    [text] = (ended.stdout + ended.stderr).splitlines()
    assert ended.returncode == 1
    assert json.loads(text)["level"] == "error"
