import json

from formwright_contracts.models import InstancePhases

from formwright_training.instance.log import say, work_for
from formwright_training.instance.reporter import Reporter


class Memory:
    def __init__(self):
        self.objects = {}

    def put(self, key, data):
        self.objects[key] = data


def test_each_phase_is_written_down_with_its_beginning():
    store = Memory()
    with Reporter(store, "runs/r/attempts/1/", 1) as reporter:
        reporter.tell(state="fetching")
        reporter.tell(state="fetching", step=1)
        reporter.tell(state="done")
    phases = InstancePhases.model_validate_json(store.objects["runs/r/attempts/1/phases.json"]).phases
    assert [phase.state for phase in phases] == ["booting", "fetching", "done"]
    assert [phase.at for phase in phases] == sorted(phase.at for phase in phases)


def test_each_line_of_the_console_names_run_stage_and_attempt(capsys):
    work_for("lora-v1-7", 2)
    say("two\nlines", "warn")
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert json.loads(text) | {"at": ""} == {
        "at": "", "level": "warn", "part": "instance", "run": "lora-v1-7", "stage": "training", "attempt": 2,
        "message": "two\nlines",
    }  # fmt: skip
