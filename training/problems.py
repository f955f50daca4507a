"""Every code that a spec or a table can get, with its level and meaning. THE table: the preflight, the datasets and
the developers' page all read it, and `tests/training/test_problems.py` holds it against the sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.exceptions import SpecRefused
from training.messages.problems import Choice, Level, PatchOperation, Problem


@dataclass(frozen=True)
class Code:
    level: Level
    meaning: str


_ERRORS = {
    # the table
    "no_data": "No table is chosen.",
    "unknown_dataset": "There is no built-in table of that name.",
    "download_failed": "A built-in table is downloaded when first used, and the download failed.",
    "dataset_not_found": "There is no such upload, or it belongs to another user.",
    "unreadable_table": "The file, text or records cannot be read as a table.",
    "upload_too_large": "The table has more bytes than this server allows.",
    "too_many_datasets": "You have uploaded as many tables as this server allows.",
    "storage_full": "Your tables and the files of your runs take as many bytes as this server keeps for one owner.",
    "link_refused": "The link leads where this server does not follow.",
    "link_unreachable": "The link cannot be opened, or gives no file.",
    "links_disabled": "This server follows no links.",
    "too_many_rows": "The table has more rows than this server allows.",
    "too_few_rows": "Too few rows have a value in the target.",
    "too_many_cells": "Rows times columns are more numbers than this server allows.",
    "too_many_features": "The columns make more numbers a row than this server allows.",
    # its columns
    "unknown_column": "There is no column of that name to give a type.",
    "not_numbers": "A column that is to be taken for numbers holds none.",
    "not_dates": "A column that is to be taken for dates holds none.",
    "not_boolean": "A column that is to be boolean has more than two levels.",
    "bad_order": "The order of a column's levels does not name each of them once.",
    "bad_merge": "A label that is to be replaced is in no cell.",
    "ambiguous_date": "No cell of a column of dates tells the day from the month.",
    "no_target": "No target is chosen, and no column is called like one.",
    "censored_target": "Cells of the target say only that a value lies beyond a limit.",
    "extreme_numbers": "A value is so far from those that were learned from that nothing can be calculated with it.",
    "unknown_target": "There is no target column of that name, or none could be one.",
    "target_not_numeric": "Regression predicts numbers, and the target holds none.",
    "one_value": "Every row has the same value in the target.",
    "one_class": "Every row is of the same class.",
    "too_many_classes": "The target has too many different values to be classes.",
    "unknown_feature": "There is no column of that name to learn from.",
    "unknown_weight": "There is no column of that name to take weights from.",
    "weight_is_target": "The column of weights is the target.",
    "weight_is_feature": "The column of weights is among the columns to learn from.",
    "bad_weights": "A weight is missing, negative or no number, or all training rows weigh nothing.",
    "target_is_feature": "The target is among the columns to learn from.",
    "no_usable_feature": "No column is left to learn from.",
    "train_split_too_small": "Too few rows are left to learn from.",
    "unknown_split_column": "There is no column of that name to split rows by.",
    "bad_split_column": "The column to split rows by is the target, or gives rows no order in time.",
    "one_moment": "All rows are of the same moment, so that none is later than others.",
    "too_few_groups": "All rows are of the same group, so that none is left to test on.",
    "unknown_test_value": "No value of the column marks test rows, or nothing says which one does.",
    "no_test_rows": "A given split leaves no test rows, or no training rows.",
    "too_few_to_validate": "Too few training rows are there to choose by some of them.",
    "test_table_needs_upload": "A second table has the test rows of a built-in table, which cannot be.",
    "test_table_differs": "The table of test rows has other columns than the table to learn from.",
    "too_few_for_folds": "Too few rows, groups or moments are there for so many folds.",
    # weights and threshold
    "weights_unsupported": "The estimator cannot take some rows for more important than others.",
    "class_weight_not_classes": "Weights of classes are for classification.",
    "unknown_class": "A class that is to be weighed does not occur in the target.",
    "class_weight_twice": "The classes are weighed in two places.",
    "threshold_not_binary": "A threshold tells two classes apart, and the target has not just two.",
    "class_weight_zero": "Fewer than two classes have a weight above 0.",
    # the model
    "bad_layer": "A layer is not written as one call with literal arguments.",
    "unknown_layer": "There is no layer of that name.",
    "bad_estimator": "The estimator is not written as one call with literal arguments.",
    "unknown_estimator": "There is no estimator of that name.",
    "unknown_argument": "A layer or estimator has no such argument.",
    "missing_argument": "A layer or estimator lacks an argument that it needs.",
    "bad_argument": "An argument has the wrong type or is out of bounds.",
    "no_gpu": "The spec asks for a GPU, and this server has no worker with one.",
    "both_models": "The spec asks for a network and for an estimator.",
    "one_class_to_learn": "All training rows are of one class.",
    "too_many_neighbours": "More neighbours are asked for than there are training rows.",
    "estimator_refused": "The library cannot fit the estimator with these arguments to these rows.",
    "estimator_problem_mismatch": "The estimator is for the other kind of problem.",
    "size_mismatch": "A layer expects another number of inputs than arrive.",
    "wrong_dimensions": "A layer expects a list, a sequence or an image, and something else arrives.",
    "window_too_large": "The window of a convolution or a pool is larger than what arrives.",
    "nothing_to_learn": "No layer of the network has weights.",
    "wrong_output_size": "The last layer has another number of units than the problem needs.",
    "criterion_mismatch": "The criterion is for the other kind of problem.",
    "bce_needs_binary": "BCELOSS and BCEWITHLOGITSLOSS tell two classes apart, and the target has more.",
    "bce_needs_sigmoid": "BCELOSS needs probabilities, and the network does not end with a Sigmoid.",
    "too_many_layers": "The network has more layers than this server allows.",
    "too_many_parameters": "The network has more parameters than this server allows.",
    "too_large_outputs": "What the layers give for one batch takes more memory than this server allows.",
    # how it is trained
    "too_many_epochs": "The run has more epochs than this server allows.",
    "too_few_to_hold_back": "Too few training rows are there to judge the epochs by some of them.",
    "bad_boundary": "The boundary is to be shown over what are not two different columns of numbers.",
    "batch_of_one": "A BatchNorm layer compares the rows of a batch, and there is only one.",
    # sweeps and comparisons
    "unknown_variable": "What is to vary is no place in the spec, or one that stays the same.",
    "bad_vary": "A value that is to be tried does not fit, or is there twice.",
    "too_many_sweep_runs": "The sweep has more runs than this server allows.",
    "too_many_sweep_epochs": "All runs of the sweep or comparison have more epochs than this server allows.",
    "sweep_failed": "No training of the sweep, or too few of the comparison, came to a score.",
    "not_comparable": "The two runs are not both finished, or not on the same table, target and metric.",
    "no_difference": "The two runs were trained alike, so that there is nothing to compare.",
    # the run
    "no_known_column": "A row to be predicted has none of the columns that the model learned from.",
    "column_missing": "A file to be predicted lacks a column that the model learned from.",
    "run_not_finished": "The run has no trained model: it is not over, or it failed or was cancelled.",
    "not_explainable": "The run has not kept what it takes to explain its answers.",
    "not_shareable": "A sweep or a comparison has no page that could be shared.",
    "run_active": "The run waits or trains, and is not to be deleted before it is stopped.",
    "file_gone": "A file that the run or table needs has been deleted.",
    "export_unsupported": "The model has no form in ONNX.",
    "export_inexact": "The model as ONNX would not say just what the model says, so that it is not offered.",
    "run_not_found": "There is no such run, or it belongs to another user.",
    "share_not_found": "The link leads to no run, or not to this one; it may have been taken back.",
    "sharing_disabled": "This server shares no runs.",
    "artifact_not_found": "The run has no file of that name.",
    "artifact_not_ready": "The file is still being built.",
    "too_many_runs": "You have as many runs under way as this server allows.",
    "queue_full": "Too many runs or questions are waiting on this server.",
    "too_many_watched": "The socket watches as many runs as it may.",
    "engine_unavailable": "No worker can be reached.",
    "rate_limited": "You ask more than your share while others wait.",
    "answer_timeout": "No worker answered in time.",
    "diverged": "The loss became no number any more.",
    "time_limit": "The run took longer than this server allows.",
    "memory_limit": "The run took more memory than this server allows.",
    "worker_lost": "The worker that trained the run is gone.",
    "training_broke": "An unexpected error.",
}

_WARNINGS = {
    # the table
    "no_header": "The first row looks like data, so the columns were given names.",
    "encoding_guessed": "The encoding of the file is not certain.",
    "other_sheets": "A workbook has other sheets with cells than the one that was read.",
    "unread_errors": "Cells of a workbook with errors, such as #DIV/0!, are read as empty cells.",
    "nested_columns": "Columns of a Parquet file with lists, objects or bytes are left out.",
    "backslash_quotes": "Quotes with a backslash before them stay as they are written, with the backslash.",
    "other_members": "An archive has files that are no tables.",
    "title_lines": "Lines above the header are left out.",
    "comment_lines": "Lines that are comments are left out.",
    "separator_line": "The line that tells spreadsheets the delimiter is left out, and the delimiter used.",
    "repeated_header": "Rows that repeat the header are left out.",
    "units_row": "A row with the units of the columns is left out.",
    "drawn_lines": "Lines that are drawn with signs are left out.",
    "footer_rows": "Rows at the end that are no observations are left out.",
    "inner_totals": "Rows between the others may be totals of them.",
    "second_header": "The first row below the header looks like a header, too.",
    "row_names": "The first column has no name in the header, as R writes tables.",
    "repeated_names": "The header repeats names, and the later columns get a number.",
    "unnamed_columns": "The header names fewer columns than the rows have.",
    "rows_shorter": "The header names more columns than the rows have.",
    "swallowed_lines": "A quoted cell holds lines that look like rows.",
    "short_rows": "Some rows have fewer cells than the table has columns.",
    "trailing_delimiters": "Rows end in empty cells beyond the last column.",
    "mixed_column": "Some cells of a column are not like the others and count as missing.",
    "missing_words": "Words such as NA count as missing.",
    "word_is_level": "A word such as None or NA is a level of its own.",
    "spreadsheet_errors": "Errors of a spreadsheet, such as #DIV/0!, count as missing.",
    "censored_values": "Cells that say only that a value lies beyond a limit, such as <5, count as missing.",
    "number_units": "A unit, a currency or a percent sign is left out of the cells of a column of numbers.",
    "mixed_units": "A column mixes units, so that it is taken for text.",
    "mostly_numbers": "Many cells of a column are numbers, and others are not, so that it is taken for text.",
    "ambiguous_number": "A comma or a point may be the decimal mark or stand between thousands.",
    "other_marks": "The numbers of a column have other marks than the user chose, so that it is read as text.",
    "leading_zeros": "A column contains codes with leading zeros, which are kept as they are written.",
    "long_numbers": "Whole numbers with so many digits that some would count as the same are kept as they are written.",
    "negative_brackets": "Numbers in brackets, or with a minus at their end, are read as negative.",
    "mostly_dates": "Many cells of a column are dates, and others are not, so that it is taken for text.",
    "unread_dates": "A column looks like dates or times in a form that is not read, and is read as text.",
    "extreme_values": "Numbers that are too large to calculate with count as missing.",
    "two_digit_years": "Years with two digits are read as 1969 to 2068.",
    "unread_amounts": "A column holds numbers such as $1.2M, which are not read, and is read as text.",
    "compact_dates": "Whole numbers such as 20240131 are read as dates.",
    "month_dates": "Months without a day are read as the first day of the month.",
    "month_names": "The names of months in a column of dates are of another language than English.",
    "time_zones": "Times with a time zone are converted to UTC; those without one count as UTC.",
    "time_values": "Durations or times of day are read as seconds.",
    "labels_trimmed": "Blanks around labels are left out.",
    "spellings_merged": "Spellings of true and false that differ by case count as one level.",
    "labels_nearly_alike": "Labels differ by case, blanks, signs of HTML or a full stop alone.",
    "invisible_characters": "Cells of a column of labels hold characters that cannot be seen.",
    "quoted_cells": "Cells of a column are in quotes that are no part of CSV, and keep them.",
    "merged_cells": "A column has one value for many rows, as merged cells of a spreadsheet are written.",
    "converted_labels": "Some labels look like dates among others that do not: a spreadsheet may have converted them.",
    "sentinel_dates": "A date such as 9999-12-31 may mean that the value is missing.",
    "guessed_target": "No target was chosen, and a column that is called like one is predicted.",
    "unknown_level": "A row to be predicted has a level that the model did not learn.",
    "unused_column": "A row to be predicted has a column that the model does not use.",
    "sentinel_values": "A number such as -999 may mean that the value is missing.",
    "infinite_values": "Infinite values count as missing.",
    "missing_target": "Rows without a value in the target are left out.",
    "not_stratified": "Some classes have too few rows to be in both splits in proportion.",
    "split_rows_left_out": "Rows that a split by time cannot place are left out.",
    "rows_without_group": "Rows without a value in the column of groups stay together as one group.",
    "rows_in_time_order": "The rows are in time order, and test rows are not the latest.",
    "repeated_groups": "Rows of one person or thing are on both sides of the split.",
    "duplicate_rows": "Many test rows equal a training row.",
    "test_rows_marked": "A column marks the test rows, by the value that is named.",
    "fewer_terms": "The table is large, so that fewer terms of its text columns are learned.",
    "terms_of_sample": "The texts of a column are so long that some of its rows choose its terms.",
    "no_terms": "No word of a text column occurs in two training rows.",
    "identifier_column": "A column that only tells rows apart is left out.",
    "empty_column": "An empty column is left out.",
    "rare_levels": "A column has so many levels that the rarer ones count as one.",
    "constant_feature": "A column has the same value in every training row, so that no later value of it counts.",
    "duplicate_feature": "Two columns say the same.",
    "target_leak": "One column alone gives the target away.",
    "imbalanced_classes": "Some classes have far fewer rows than others, and the criterion counts all rows alike.",
    # the model
    "sigmoid_before_logits": "BCEWITHLOGITSLOSS applies the Sigmoid itself, and the network ends with one.",
    "softmax_before_celoss": "CELOSS applies Softmax itself, and the network ends with one.",
    "bounded_regression": "The last layer limits the output, which a regression must not.",
    "no_activation_between_linears": "Two weighted layers with no activation between them are no better than one.",
    "far_more_parameters_than_rows": "The network has so many parameters that it can memorise every row (overfitting).",
    # how it is trained
    "batch_too_large": "A batch is larger than the training rows.",
    "setting_without_effect": "A setting is given that does nothing with the others.",
    "learning_rate_unusual": "The learning rate is far from what works for the optimiser.",
}

CODES: dict[str, Code] = {
    code: Code(level, meaning)
    for level, meanings in ((Level.ERROR, _ERRORS), (Level.WARNING, _WARNINGS))
    for code, meaning in meanings.items()
}


def build_problem(
    code: str,
    where: str,
    message: str = "",
    hint: str = "",
    fix: Sequence[PatchOperation] = (),
    choices: Sequence[Choice] = (),
) -> Problem:
    """Return a problem with the code's level, and with its meaning where no message is given.

    Raises KeyError for a code that is not in CODES.
    """
    known = CODES[code]
    return Problem(
        level=known.level,
        code=code,
        where=where,
        message=message or known.meaning,
        hint=hint,
        fix=list(fix),
        choices=list(choices),
    )


def build_refusal(
    code: str,
    where: str,
    message: str,
    hint: str,
    fix: Sequence[PatchOperation] = (),
    choices: Sequence[Choice] = (),
) -> SpecRefused:
    """Return an error with this code, for the caller to raise."""
    return SpecRefused(message, code=code, where=where, hint=hint, fix=tuple(fix), choices=tuple(choices))


def describe_refusal(refusal: SpecRefused) -> Problem:
    """Return the problem that an error describes, for a list of problems."""
    data = refusal.data
    return Problem(
        level=Level.ERROR,
        code=data.code,
        where=data.where,
        message=data.message,
        hint=data.hint,
        fix=list(refusal.fix),
        choices=list(refusal.choices),
    )
