-- Which run last saw a figure as it is shown, where an earlier one was still reading; and what an upload's maker was shown.

ALTER TABLE indicator_value ADD COLUMN confirmed_by bigint;
COMMENT ON COLUMN indicator_value.confirmed_by IS
'The newest run that saw it unchanged while an earlier one still read: that one does not overwrite it. Mostly NULL.';

ALTER TABLE module_draft ADD COLUMN shown text NOT NULL DEFAULT '';
COMMENT ON COLUMN module_draft.shown IS
'SHA-256 of the changes that its maker was shown: they are made as they were shown, or not at all.';
