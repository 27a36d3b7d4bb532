package spec

// Codes of the findings of this package. They are stable.
const (
	CodeUnreadable      = "unreadable"
	CodeInclude         = "include"
	CodeIncludeCycle    = "include-cycle"
	CodeIncludeConflict = "include-conflict"
	CodeTooLarge        = "too-large"
	CodeTooDeep         = "too-deep"
	CodeEncoding        = "encoding"
	CodeNotMapping      = "not-a-mapping"
	CodeDocuments       = "several-documents"
	CodeSyntax          = "yaml-syntax"
	CodeTab             = "yaml-tab"
	CodeComment         = "yaml-comment"
	CodeTag             = "yaml-tag"
	CodeColon           = "yaml-colon"
	CodeQuote           = "yaml-quote"
	CodeIndicator       = "yaml-indicator"
	CodeFlow            = "yaml-flow"
	CodeBraces          = "expression-braces"
	CodeAlias           = "alias"
	CodeDuplicateKey    = "duplicate-key"
	CodeKey             = "bad-key"
	CodeUnknownKey      = "unknown-key"
	CodeMissingKey      = "missing-key"
	CodeConflictingKeys = "conflicting-keys"
	CodeWrongKind       = "wrong-kind"
	CodeBadValue        = "bad-value"
	CodeBadName         = "bad-name"
	CodeReservedName    = "reserved-name"
	CodeDuplicateName   = "duplicate-name"
	CodeUnclosed        = "unclosed-expression"
	CodeEmptyExpression = "empty-expression"
	CodeCommand         = "bad-command"
	CodeShellSyntax     = "shell-syntax"
	CodeAmbiguousNumber = "ambiguous-number"
	CodeNumberRange     = "number-range"
)

// CodeDef documents a finding.
type CodeDef struct {
	Code     string
	Severity Severity
	Doc      string // a sentence or two: what is wrong and what to do
}

// Codes lists the findings of this package, in the order in which reading a document can bring them.
func Codes() []CodeDef {
	return []CodeDef{
		{CodeUnreadable, Error, "The spec's file is missing, is no file, or cannot be read."},
		{CodeInclude, Error, "A path in include is missing, or would depend on an expression."},
		{CodeIncludeCycle, Error, "A file includes itself, or files include each other in a circle."},
		{CodeIncludeConflict, Error, "Two files that a spec includes define something differently. The spec can say itself what it shall be."},
		{CodeTooLarge, Error, "The document has more bytes or values than a spec may have, aliases expanded. Data that large belongs into a file that a stage reads."},
		{CodeTooDeep, Error, "Lists and mappings are nested deeper than a spec may nest them."},
		{CodeEncoding, Error, "The document is not UTF-8, or has NUL or other control characters, or line separators that versions of YAML disagree about."},
		{CodeNotMapping, Error, "A spec is one mapping; the document is empty, a list or a single value."},
		{CodeDocuments, Error, "The file has several YAML documents, divided by `---`. A spec is one; another can be laid over it with --file."},
		{CodeSyntax, Error, "The document is not YAML."},
		{CodeTab, Error, "YAML does not allow tabs in indentation."},
		{CodeComment, Error, "To YAML a comment begins at ` #`, also in the middle of an expression or a text. Quote the field, or move the comment to a line of its own."},
		{CodeTag, Error, "To YAML `!x` is a tag, the type of what follows. Quote an expression that begins with `!`."},
		{CodeColon, Error, "To YAML `: ` divides a key from its value, also in the middle of an expression or a text. Quote the field."},
		{CodeQuote, Error, "A value that begins with a quote ends at the next one; YAML allows nothing behind it. Quote the whole field."},
		{CodeIndicator, Error, "The characters & * % @ ` | > mean something to YAML at the beginning of a value. Quote the field."},
		{CodeFlow, Error, "Inside [ ] and { } YAML splits at commas, brackets and braces, also those of an expression. Quote the expression."},
		{CodeBraces, Error, "The field is an expression already and is written without ${{ }}."},
		{CodeAlias, Error, "An alias contains itself, or a merge key `<<` has something else than a mapping."},
		{CodeDuplicateKey, Error, "A mapping has a key twice."},
		{CodeKey, Error, "The key of a mapping is empty, a list or a mapping."},
		{CodeUnknownKey, Error, "There is no such key here. Keys of your own begin with x-."},
		{CodeMissingKey, Error, "A key that is needed is missing."},
		{CodeConflictingKeys, Error, "Of some keys only one can be there."},
		{CodeWrongKind, Error, "The value is of another kind than the key takes."},
		{CodeBadValue, Error, "The value is of the right kind, but none that the key takes."},
		{CodeBadName, Error, "A name consists of letters, digits and _ and does not begin with a digit."},
		{CodeReservedName, Error, "The name has a meaning of its own in expressions."},
		{CodeDuplicateName, Error, "All resources, processes, chains and types share one namespace, and the name is taken."},
		{CodeUnclosed, Error, "A ${{ has no }} that belongs to it."},
		{CodeEmptyExpression, Error, "There is nothing between ${{ and }}."},
		{CodeCommand, Error, "A command has no words, or a quote in it is not closed."},
		{CodeShellSyntax, Warning, "A command is run without a shell: | > && and the like are words as any other. Use shell for a script."},
		{CodeAmbiguousNumber, Error, "Versions of YAML disagree about numbers with a leading 0 or with _. Write the plain number, or quote the text."},
		{CodeNumberRange, Error, "A number does not fit 64 bits."},
	}
}
