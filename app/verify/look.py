"""Elements that were read, and what there is to say of them once their decisions are looked at too."""

from dataclasses import dataclass

from app.core.arrays import Shape
from app.verify.case import ENOUGH, Case, Outcome
from app.verify.chance.check import CheckResult
from app.verify.chance.decisions import Decisions
from app.verify.findings import Finding, FindingCode
from app.verify.values.elements import Elements, scale_shows
from app.verify.values.words import said_of


@dataclass(frozen=True, slots=True)
class Look:
    """Elements that were read, what was checked of their values, and found."""

    elements: Elements
    checks: list[CheckResult]
    findings: list[Finding]

    @property
    def case(self) -> Case:
        """What is verified."""
        return self.elements.case

    def outcome(
        self,
        checks: list[CheckResult],
        findings: list[Finding],
        decisions: Decisions | None = None,
        *,
        noise_shape: Shape | None = None,
        lacking: str = "",
        shown: str = ENOUGH,
    ) -> Outcome:
        """What came of it, once the decisions are looked at too."""
        hidden = "" if scale_shows(self.elements) else f"the scale does not show in {self.case.dtype.name}"
        return Outcome(
            [*self.checks, *checks],
            [*self.findings, *findings],
            self.elements.shows(decisions or self.elements.decisions),
            noise_shape,
            self.elements.uninformative or lacking or hidden,
            shown,
        )

    def said(self, codes: list[FindingCode], decisions: Decisions, p_value: float = 0.0) -> list[Finding]:
        """What is wrong with rate and scale, in words."""
        return [said_of(code, self.case, self.elements.shows(decisions), p_value) for code in codes]
