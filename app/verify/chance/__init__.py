"""What chance has a part in: decisions, and how likely they are of a correct layer.

tails           p-values of counts, and what a count can show
decisions       the decisions that elements show, in a noise shape
check           a check, what it measures, and its result
error_rate      Holm's rule for all of them
evidence        what checks of decisions look at
rate            how many drop
parts           how many drop in parts of the array
places          whether some places drop more often
by_value        whether some values do
counts          whether as many drop each time
agreement       pairs of decisions that agree
axes            which elements share a decision
outputs         whether outputs share a mask
lags            whether neighbours are correlated
periods         whether the mask repeats itself
structure       the decisions that are not the same again
independence    what it means that they are not independent
"""
