"""What one call would say of all the numbers of several."""

from math import fsum, isclose, sqrt

from examples.call import simulate


def together(parts):
    """The statistics of blocks that share no decision, together."""
    decisions, dropped = (sum(part[name] for part in parts) for name in ("decisions", "dropped"))
    rate = dropped / decisions if decisions else None
    moments = {side: _moments([part[side] for part in parts]) for side in ("input", "output")}
    return {"decisions": decisions, "dropped": dropped, "drop_rate": rate} | moments


def _moments(parts):
    size, bad = (sum(part[name] for part in parts) for name in ("size", "non_finite"))
    zeros = sum(round(part["zero_fraction"] * part["size"]) for part in parts if part["size"])
    told = [(part["size"] - part["non_finite"], part["mean"], part["std"]) for part in parts]
    told = [(n, mean, std) for n, mean, std in told if n]
    mean = fsum(n * m for n, m, _ in told) / (size - bad) if told else None
    std = sqrt(fsum(n * (s * s + (m - mean) ** 2) for n, m, s in told) / (size - bad)) if told else None
    return {"size": size, "mean": mean, "std": std, "zero_fraction": zeros / size if size else None, "non_finite": bad}


if __name__ == "__main__":
    calls = [{"p": 0.4, "seed": 42, "shape": [10**6], "whole": [3 * 10**6], "origin": [k * 10**6]} for k in range(3)]
    calls += [{"p": 0.4, "seed": 42, "shape": [3 * 10**6]}]
    *parts, whole = [simulate(**call)["statistics"] for call in calls]
    merged = together(parts)
    print("the same counts:", all(merged[name] == whole[name] for name in ("decisions", "dropped", "drop_rate")))
    moments = [(merged[side][name], whole[side][name]) for side in ("input", "output") for name in ("mean", "std")]
    print("the same moments:", all(isclose(*pair, rel_tol=1e-14) for pair in moments))
