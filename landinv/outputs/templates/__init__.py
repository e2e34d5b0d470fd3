"""Empty workbooks to type records into, made so that intake reads them back without a finding."""
