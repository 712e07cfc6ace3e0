"""From intentions to a plan: which move begins when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.model import Event, Floats
from hiphinge.simulate import activities
from hiphinge.simulate.moves import Channel, Move, Shares, stand
from hiphinge.simulate.repetition import Posture, bend
from hiphinge.simulate.scenario import DistractorKind, Repetition, Scenario
from hiphinge.simulate.shapes import random_blend
from hiphinge.simulate.walking import walk

GAP_S = 4.0  # standing about a distractor
BEND_GAP_S = 18.0  # about a lone bend: beyond the 15 s that would join it to a set
SETTLE_S = 3.0  # quiet standing before each set
BENDS: tuple[DistractorKind, ...] = ("sit_to_stand", "pick_up")
BENT_HINGE_SHARE = 0.7  # of a bent start; the rest is lumbar


@dataclass(frozen=True, slots=True)
class Placed:
    """A move and when it begins."""

    start_s: float
    move: Move


@dataclass(frozen=True, slots=True)
class PlannedRepetition:
    """Where an intended repetition lies: `start_s` to `close_s`, when the next may begin."""

    set: int
    start_s: float
    close_s: float
    intended: Repetition


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that is no repetition: a distractor's kind, "walk" or "bent_start", and when."""

    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the wearer will do. `neutral_s` holds one quiet standing per stance (the first: from the start)."""

    duration_s: float
    initial: Posture
    moves: tuple[Placed, ...]
    repetitions: tuple[PlannedRepetition, ...]
    happenings: tuple[Happening, ...]
    neutral_s: tuple[tuple[float, float], ...]
    events: tuple[Event, ...]


class _Planner:
    """Puts moves one after the other and keeps the resting posture. Lives while a plan is made."""

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self.scenario, self.rng = scenario, rng
        self.now_s = 0.0
        self.posture = Posture()
        self.stance = Posture()
        self.moves: list[Placed] = []
        self.repetitions: list[PlannedRepetition] = []
        self.happenings: list[Happening] = []
        self.neutral_s: list[tuple[float, float]] = []
        self.events: list[Event] = []
        self.habit_deg = rng.normal(0.0, scenario.asymmetry_deg, 2)

    def add(self, move: Move, kind: str | None = None) -> None:
        self.moves.append(Placed(self.now_s, move))
        if kind:
            self.happenings.append(Happening(kind, self.now_s, self.now_s + move.duration_s))
        self.now_s += move.duration_s

    def add_neutral(self, duration_s: float) -> None:
        """Stand for a time that defines zero; its edges are left out as movement may ring there."""
        self.neutral_s.append((self.now_s + min(0.5, duration_s / 4), self.now_s + duration_s - 0.1))
        self.add(stand(duration_s))

    def add_distractors(self, kinds: tuple[DistractorKind, ...], least_s: float) -> None:
        """Distractors with standing between, `least_s` in all."""
        begin_s, waiting_s = self.now_s, GAP_S
        for kind in kinds:
            gap_s = BEND_GAP_S if kind in BENDS else GAP_S
            self.add_rest(max(waiting_s, gap_s))
            self.add(_distractor(kind, self.rng), kind)
            waiting_s = gap_s
        self.add_rest(max(waiting_s if kinds else 0.0, begin_s + least_s - self.now_s))

    def add_rest(self, duration_s: float) -> None:
        """Stand, and shift the weight now and then."""
        end_s = self.now_s + duration_s
        while end_s - self.now_s > 10.0:
            self.add(stand(float(self.rng.uniform(2.0, 4.0))))
            self.add(activities.weight_shift(self.rng))
        self.add(stand(max(0.0, end_s - self.now_s)))

    def add_set(self, number: int, repetitions: tuple[Repetition, ...]) -> None:
        if self.scenario.marks:
            self.events.append(Event(self.now_s - 0.5, "set_start", f"set {number}"))
        for intended in repetitions:
            after = self.next_posture()
            habit = self.habit_deg + self.rng.normal(0.0, self.scenario.asymmetry_deg / 2, 2)
            start_s = self.now_s
            self.add(bend(intended, self.posture, after, (float(habit[0]), float(habit[1])), self.rng))
            self.repetitions.append(PlannedRepetition(number, start_s, self.now_s, intended))
            self.posture = after
        if self.scenario.marks:
            self.events.append(Event(self.now_s + 0.5, "set_end", f"set {number}"))

    def next_posture(self) -> Posture:
        """Nobody returns exactly: about half a degree of wandering, at most one and a quarter."""
        off = np.clip(self.rng.normal(0.0, (0.5, 0.4)), -1.25, 1.25) * min(1.0, self.scenario.sway)
        return Posture(self.stance.hinge_deg + float(off[0]), self.stance.lumbar_deg + float(off[1]))

    def shift_to(self, posture: Posture) -> None:
        """Take a new resting posture within a second and a half."""
        self.add(_shift(self.posture, posture, 1.5, self.rng))
        self.posture = posture


def plan(scenario: Scenario, rng: np.random.Generator) -> Plan:
    """Lay out the session."""
    planner = _Planner(scenario, rng)
    initial = Posture()
    if scenario.bent_start:
        bent_deg, bent_s = scenario.bent_start
        initial = Posture(BENT_HINGE_SHARE * bent_deg, (1 - BENT_HINGE_SHARE) * bent_deg)
        planner.add(stand(bent_s))
        planner.add(_shift(initial, Posture(), 2.0, rng))
        planner.happenings.append(Happening("bent_start", 0.0, planner.now_s))
        planner.add(stand(0.5))
    if scenario.walking_s:
        planner.add(stand(1.5))
        planner.add(walk(scenario.walking_s, rng), "walk")
        planner.add(stand(0.5))
    # Without stances of their own all sets share the first standing.
    if scenario.stances:
        planner.add(stand(scenario.standing_s))
    else:
        planner.add_neutral(scenario.standing_s)
    if scenario.distractors_before:
        planner.add_distractors(scenario.distractors_before, 0.0)
    for number, repetitions in enumerate(scenario.sets, start=1):
        if scenario.stances:
            planner.stance = Posture(*scenario.stances[number - 1])
            planner.shift_to(planner.stance)
            planner.add_neutral(SETTLE_S)
        elif number > 1 or scenario.distractors_before:
            planner.add(stand(SETTLE_S))
        planner.add_set(number, repetitions)
        if number < len(scenario.sets) or number == 1:
            last = number == len(scenario.sets)
            planner.add_distractors(scenario.distractors, 0.0 if last else scenario.rest_s - SETTLE_S)
    planner.add_distractors(scenario.distractors_after, 0.0)
    planner.add(stand(3.0))
    return Plan(
        planner.now_s,
        initial,
        tuple(planner.moves),
        tuple(planner.repetitions),
        tuple(planner.happenings),
        tuple(planner.neutral_s),
        tuple(planner.events),
    )


def _distractor(kind: DistractorKind, rng: np.random.Generator) -> Move:
    if kind == "walk":
        return walk(float(rng.uniform(8.0, 15.0)), rng)
    makers = {
        "side_bends": activities.side_bends,
        "twists": activities.twists,
        "sit_to_stand": activities.sit_to_stand,
        "jumps": activities.jumps,
        "pick_up": activities.pick_up,
    }
    return makers[kind](rng)


def _shift(before: Posture, after: Posture, duration_s: float, rng: np.random.Generator) -> Move:
    shape = random_blend(rng)

    def render(t: Floats) -> Shares:
        done = shape(t / duration_s)
        return {
            Channel.HINGE_DEG: (after.hinge_deg - before.hinge_deg) * done,
            Channel.LUMBAR_DEG: (after.lumbar_deg - before.lumbar_deg) * done,
        }

    return Move(duration_s, render)
