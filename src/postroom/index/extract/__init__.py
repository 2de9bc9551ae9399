"""The text of attachments. What reads them runs in a process that may die (`child`), with bounds on time, memory and size (`extractor`)."""
