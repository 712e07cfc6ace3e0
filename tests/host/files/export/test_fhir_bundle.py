"""The FHIR bundle, as two releases of the standard define it."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from export_samples import FLEXION, an_attempt, with_attempts, with_meta

from hiphinge.files.export.content import Content
from hiphinge.files.export.fhir import bundle
from hiphinge.files.export.fhir_codes import MEASURES, SYSTEM


def resources(found: dict, kind: str) -> list[dict]:
    return [entry["resource"] for entry in found["entry"] if entry["resource"]["resourceType"] == kind]


def attempts(found: dict) -> list[dict]:
    return [one for one in resources(found, "Observation") if code(one) == "hip_hinge_attempt"]


def code(resource: dict) -> str:
    return resource["code"]["coding"][0]["code"]


def components(observation: dict) -> dict[str, dict]:
    return {code(one): one for one in observation["component"]}


@pytest.mark.parametrize("release", ["R4B", "R5"])
def test_the_bundle_is_valid(content: Content, release: str):
    where = {"R4B": "fhir.resources.R4B.bundle", "R5": "fhir.resources.bundle"}[release]
    model = pytest.importorskip(where, reason="the package fhir.resources is missing: see tests/requirements.txt")
    unknown = an_attempt(content, smoothness_sal=np.nan, tempo_s=(None, None, None, None), set=0)
    for one in (content, with_attempts(content), with_attempts(content, unknown), with_meta(content, person=None)):
        read = model.Bundle.model_validate_json(json.dumps(bundle(one), allow_nan=False))
        assert len(read.entry) == len(bundle(one)["entry"])


def test_every_text_is_one_that_fhir_allows(content: Content):
    odd = "a\x00b\x1b[1m\udcff\tc\r\nd"
    held = with_meta(content, person=odd, notes=odd, stance=odd, device={"model": odd})
    text = json.dumps(bundle(replace(held, calibration_from=odd, warnings=(odd,))), ensure_ascii=False)
    assert not re.search(r"\\u00(?!09|0a|0d)[01][0-9a-f]", text)
    text.encode("utf-8")
    (session,) = [one for one in resources(bundle(held), "Observation") if code(one) == "hip_hinge_session"]
    assert session["subject"]["display"] == "a\ufffdb\ufffd[1m?\tc\r\nd"


def test_each_attempt_is_an_observation_with_every_measure(content: Content):
    found = attempts(bundle(content))
    assert len(found) == len(content.analysed.attempts)
    for observation, one in zip(found, content.analysed.attempts, strict=True):
        assert list(components(observation)) == list(MEASURES)
        flexion = components(observation)["lumbar_flexion_deg"]["valueQuantity"]
        assert flexion["value"] == pytest.approx(one.lumbar_flexion_deg, abs=0.5e-3)
        assert (flexion["system"], flexion["code"]) == ("http://unitsofmeasure.org", "deg")
        assert components(observation)["lumbar_flexion_sd_deg"]["valueQuantity"]["value"] > 0.0
        assert code({"code": observation["valueCodeableConcept"]}) == f"verdict_{one.verdict}"


def test_missing_has_a_reason_and_no_value(content: Content):
    one = an_attempt(content, smoothness_sal=np.nan, tempo_s=(1.0, None, 1.0, np.inf))
    (observation,) = attempts(bundle(with_attempts(content, one)))
    for name in ("smoothness_sal", "pause_bottom_s", "pause_top_s"):
        component = components(observation)[name]
        assert component["dataAbsentReason"]["coding"][0]["code"] == "unknown" and "valueQuantity" not in component
    assert "dataAbsentReason" not in components(observation)["eccentric_s"]


def test_words_are_about_the_set_range_and_nothing_else(content: Content):
    doubt = replace(FLEXION, value=10.2)
    held = with_attempts(
        content,
        an_attempt(content, verdict="faulty", faults=(FLEXION,)),
        an_attempt(content, index=2, verdict="uncertain", doubts=(doubt,)),
    )
    sure, unsure = attempts(bundle(held))
    assert sure["interpretation"] == [{"text": "outside the set range"}]
    assert components(sure)["lumbar_flexion_deg"]["interpretation"][0]["text"].startswith(
        "outside the set range (16.9 "
    )
    assert "too near a limit" in components(unsure)["lumbar_flexion_deg"]["interpretation"][0]["text"]
    assert "interpretation" not in components(sure)["hip_hinge_deg"]
    text = json.dumps(bundle(held)).lower()
    assert not re.search(r"danger|injur|abnormal|patholog|unsafe|diagnos", text)
    assert "no medical device" in text


def test_limits_are_reference_ranges_that_say_whose_they_are(content: Content):
    measured = components(attempts(bundle(content))[0])
    (depth,), (flexion,) = measured["hip_hinge_deg"]["referenceRange"], measured["lumbar_flexion_deg"]["referenceRange"]
    assert (depth["low"]["value"], depth["high"]["value"]) == (45.0, 50.0) and "3 deg of grace" in depth["text"]
    assert flexion["high"]["value"] == 10.0 and "low" not in flexion and "not that of a population" in flexion["text"]
    assert "referenceRange" not in measured["trunk_deg"] and "referenceRange" not in measured["concentric_s"]


@pytest.mark.parametrize(
    ("started_at", "start", "end"),
    [
        # Over midnight, in the wearer's own time zone.
        ("2025-03-01T23:59:55+01:00", r"2025-03-01T23:59:59\.\d{3}\+01:00", r"2025-03-02T00:00:03\.\d{3}\+01:00"),
        ("2025-03-01T09:30:00", "2025-03-01", "2025-03-01"),  # FHIR has no time of day without a zone
        ("2025-03-01", "2025-03-01", "2025-03-01"),
    ],
)
def test_period_is_what_is_known_of_it(content: Content, started_at: str, start: str, end: str):
    period = attempts(bundle(with_meta(content, started_at=started_at)))[0]["effectivePeriod"]
    assert re.fullmatch(start, period["start"]) and re.fullmatch(end, period["end"])


def test_what_is_not_known_is_not_said(content: Content):
    bare = with_meta(content, started_at=None, person=None, pain_0_10=None, load_kg=None, notes="")
    observations = resources(bundle(bare), "Observation")
    assert len(observations) == 1 + len(content.analysed.attempts)
    assert all("effectivePeriod" not in one and "subject" not in one for one in observations)
    assert all(one["status"] == "preliminary" for one in observations)


def test_session_holds_counts_limits_and_pain_by_its_loinc_code(content: Content):
    found = bundle(content)
    session, pain = resources(found, "Observation")[:2]
    assert components(session)["count_attempts"]["valueQuantity"]["value"] == len(content.analysed.attempts)
    assert json.loads(components(session)["limits"]["valueString"])["depth_max_deg"] == 50.0
    assert components(session)["load_kg"]["valueQuantity"]["code"] == "kg"
    assert (pain["code"]["coding"][0]["system"], code(pain)) == ("http://loinc.org", "72514-3")
    assert (pain["valueQuantity"]["value"], pain["valueQuantity"]["code"]) == (3.0, "{score}")
    urls = {entry["fullUrl"] for entry in found["entry"]}
    assert {one["reference"] for one in session["hasMember"]} <= urls and len(urls) == len(found["entry"])


def test_every_code_of_ours_is_defined_in_the_bundle(content: Content):
    found = bundle(content)
    (system,) = resources(found, "CodeSystem")
    defined = {one["code"] for one in system["concept"]}
    used = set(re.findall(rf'"system": "{SYSTEM}", "code": "(\w+)"', json.dumps(found)))
    assert used and used <= defined and system["url"] == SYSTEM


def test_same_session_same_bundle(content: Content):
    assert bundle(content) == bundle(content)
    other = bundle(with_meta(content, started_at="2025-03-02T08:00:00Z"))
    assert {one["fullUrl"] for one in other["entry"]}.isdisjoint(one["fullUrl"] for one in bundle(content)["entry"])
