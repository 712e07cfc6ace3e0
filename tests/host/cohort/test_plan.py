"""What is to be done."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.app.cohort.found import Found
from hiphinge.app.cohort.plan import Done, Order, Plan, batch_size, compare, tasks, with_checked
from hiphinge.programmes import load_programme

HERE = Found("", "a.csv", stamp="t1")
SAME = Done("k", "analysed", "t1", ("sha", None), "p")


def planned(found: Found, done: Done | None) -> str:
    plan = compare({"/r/a.csv": found}, {} if done is None else {"/r/a.csv": done}, "p", "/r")
    if plan.kept:
        return "kept"
    if plan.doubtful:
        return "doubtful"
    assert plan.fresh == [found] and plan.stale == ([] if done is None else ["/r/a.csv"])
    return "fresh" if done is None else "anew"


@pytest.mark.parametrize(
    ("found", "done", "what"),
    [
        (HERE, None, "fresh"),
        (HERE, SAME, "kept"),
        (HERE, Done("k", "refused", "t1", ("sha", None), "p"), "kept"),
        (HERE, Done("k", "failed", "t1", ("sha", None), "p"), "anew"),
        (HERE, Done("k", "analysed", "t1", ("sha", None), "other"), "anew"),
        (HERE, Done("k", "analysed", "t0", ("sha", None), "p"), "doubtful"),
        (Found("", "a.csv", stamp=None), SAME, "doubtful"),
        (Found("", "a.csv", has_json=True, stamp="t1"), SAME, "anew"),
        (Found("", "a.csv", problem="is a pipe"), SAME, "anew"),
        (Found("", "a.csv", problem="is a pipe"), Done("k", "refused", None, (None, None), "p"), "kept"),
        (HERE, Done("k", "refused", None, (None, None), "p"), "anew"),
    ],
)
def test_a_session_is_done_anew_only_for_a_reason(found: Found, done: Done | None, what: str):
    assert planned(found, done) == what


def test_gone_are_those_below_the_folder_only():
    done = dict.fromkeys(("/r/a.csv", "/r/b.csv", "/rest/c.csv", "/r"), SAME)
    assert compare({"/r/a.csv": HERE}, done, "p", "/r").gone == ["/r/b.csv", "/r"]


def test_the_doubtful_are_kept_or_done_anew():
    other = Found("", "b.csv")
    plan = with_checked(Plan([], [HERE, other], 3, [], ["g"]), {"/r/a.csv": HERE})
    assert plan == Plan([HERE], [], 4, ["/r/a.csv"], ["g"])


@given(st.integers(0, 60), st.integers(1, 12))
def test_batches_hold_every_session_once(count: int, size: int):
    found = [Found("", f"{at}.csv") for at in range(count)]
    made = list(tasks(found, size, Order("/r", "/o")))
    assert [one for task in made for one in task.sessions] == found
    assert all(0 < len(task.sessions) <= size for task in made)
    assert len({task.key for task in made}) == len(made)


def test_a_part_is_named_by_what_is_in_it():
    def key(order: Order, found: Found = HERE) -> str:
        (task,) = tasks([found], 1, order)
        return task.key

    order = Order("/r", "/o")
    assert key(order) == key(Order("/r", "/elsewhere"))
    others = [
        key(Order("/q", "/o")),
        key(Order("/r", "/o", live=True)),
        key(order, Found("", "a.csv", stamp="t2")),
        key(order, Found("", "b.csv", stamp="t1")),
    ]
    assert len({key(order), *others}) == 5


@given(st.integers(1, 2_000_000), st.integers(1, 1000))
def test_batches_leave_work_for_every_worker(sessions: int, workers: int):
    size = batch_size(sessions, workers)
    assert 1 <= size <= 250
    assert size == 1 or sessions / size > 25 * workers


def test_parameters_tell_what_would_change_a_row():
    assisted, unassisted = load_programme("assisted"), load_programme("unassisted")
    orders = [
        Order("/r", "/o"),
        Order("/r", "/o", assisted),
        Order("/r", "/o", unassisted),
        Order("/r", "/o", load_programme("assisted", "lenient")),
        Order("/r", "/o", preset="lenient"),
        Order("/r", "/o", rest_s=20.0),
        Order("/r", "/o", live=True),
        Order("/r", "/o", recalibrate=True),
        Order("/r", "/o", version="9"),
    ]
    assert len({order.parameters_id for order in orders}) == len(orders)
    assert Order("/q", "/p", assisted).parameters_id == orders[1].parameters_id
    assert pickle.loads(pickle.dumps(orders[1])).parameters_id == orders[1].parameters_id
