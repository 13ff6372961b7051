"""Faults strike the calls that they name."""

import pytest
from pydantic import ValidationError

from .faults import Fault, FaultBook, error_xml

CALL = {"Action": "RunInstances", "InstanceType": "c7i.large"}


def test_a_fault_strikes_as_often_as_ordered() -> None:
    book = FaultBook()
    book.order(Fault(action="RunInstances", code="InsufficientInstanceCapacity", times=2))
    assert [fault.code if fault else None for fault in (book.take(CALL), book.take(CALL), book.take(CALL))] == [
        "InsufficientInstanceCapacity",
        "InsufficientInstanceCapacity",
        None,
    ]


def test_other_actions_and_other_parameters_are_left_alone() -> None:
    book = FaultBook()
    book.order(Fault(action="RunInstances", code="X", match={"InstanceType": "g5.xlarge"}))
    assert book.take(CALL) is None
    assert book.take({"Action": "DescribeInstances"}) is None
    assert len(book.due()) == 1


def test_faults_strike_in_the_order_in_which_they_were_ordered() -> None:
    book = FaultBook()
    for code in ("First", "Second"):
        book.order(Fault(action="RunInstances", code=code))
    struck = [book.take(CALL), book.take(CALL)]
    assert [fault.code for fault in struck if fault] == ["First", "Second"]


def test_an_unknown_word_in_an_order_is_refused() -> None:
    with pytest.raises(ValidationError, match="typo"):
        Fault.model_validate({"action": "RunInstances", "typo": 1})


def test_an_error_document_escapes_what_it_quotes() -> None:
    assert b"<Code>a&lt;b</Code>" in error_xml("a<b", "m")
