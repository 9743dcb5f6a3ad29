"""How models are made: training sets, splits, search, distributed training, evaluation, registry."""
