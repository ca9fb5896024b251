from __future__ import annotations

from dataclasses import replace

from tests.bench.aims import MET, NOT_MEASURED, NOT_MET, judge
from tests.bench.results import Measurement
from tests.unit.bench.measurements import build_counts, build_measurement


def read_words(*measurements: Measurement) -> list[str]:
    return [each.word for each in judge(measurements)]


def find_word(beginning: str, *measurements: Measurement) -> str:
    (found,) = (each.word for each in judge(measurements) if each.aim.startswith(beginning))
    return found


def test_a_fleet_that_meets_all_aims_is_told_so() -> None:
    assert set(read_words(build_measurement(200), build_measurement(1000))) == {MET}


def test_aims_of_fleets_that_were_not_measured_have_no_verdict() -> None:
    words = read_words(build_measurement(50))
    assert words.count(NOT_MEASURED) == 3
    assert words.count(MET) == len(words) - 3


def test_more_than_three_times_the_floor_is_too_slow() -> None:
    small, large = build_measurement(200, seconds=6.1), build_measurement(1000, seconds=6.2)
    assert find_word("start", small, large) == NOT_MET
    assert find_word("no steeper", small, large) == NOT_MET
    assert find_word("no steeper", small, build_measurement(1000, seconds=6.0)) == MET


def test_memory_counts_at_a_thousand() -> None:
    assert find_word("less than 150 MB", build_measurement(1000, peak_mb=150)) == NOT_MET
    assert find_word("less than 150 MB", build_measurement(1000, peak_mb=149)) == MET


def test_one_write_in_an_idle_pass_or_after_a_restart_is_one_too_many() -> None:
    fine = build_measurement(50)
    wrote = build_counts(statuses=1)
    idle = replace(fine, idle=replace(fine.idle, counts=wrote))
    assert find_word("idle pass: no write", idle) == NOT_MET
    restarted = replace(fine, restart=replace(fine.restart, counts=wrote))
    assert find_word("restart", restarted) == NOT_MET


def test_the_worst_fleet_counts() -> None:
    fine = build_measurement(50)
    many = build_counts(reads_of_mounts=3, reads_of_policies=4 * 50)
    bad = replace(fine, idle=replace(fine.idle, counts=many))
    assert find_word("idle pass: at most 3", fine, bad) == NOT_MET
    assert find_word("idle pass: at most 2", bad, fine) == NOT_MET
