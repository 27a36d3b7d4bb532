package stages

import (
	"fmt"
	"slices"
	"strings"
)

// function is a row of the table of functions that expressions may call. The table declares what a function takes, and the
// compiler checks it before the run where types are known and at every call otherwise, so that call may rely on it.
type function struct {
	name   string
	params []Kinds
	min    int                    // arguments needed; the rest of params is optional
	more   bool                   // the last param may be repeated
	result Type                   // unless infer is set
	infer  func(args []Type) Type // from as many arguments as there are
	// call must not keep args. Values are never changed, only made.
	call func(env *Env, args []any) (any, error)

	objects bool // takes Objects as they are
	pattern bool // the second argument is a regular expression
	impure  bool // the value does not depend on the arguments alone
	grows   bool // the value may be far larger than the arguments: it is never computed before the run
	draws   bool // uses Env.draws
}

// Sets of kinds for the table.
const (
	kAny    = KindAny
	kInt    = KindInt
	kNum    = KindNumber
	kString = KindString
	kList   = KindList
	kMap    = KindMap
	kBytes  = KindString | KindBytes
)

var (
	stringsType = Type{Kinds: KindList, Elem: &StringType}
	listType    = Type{Kinds: KindList}
	mapType     = Type{Kinds: KindMap}
	maybeString = Type{Kinds: KindString | KindNull}
)

// functions is sorted by name. The functions that take a closure are in loopFunctions.
var functions = [...]function{
	{name: "abs", params: []Kinds{kNum}, min: 1, infer: sameNumber, call: funcAbs},
	{name: "base", params: []Kinds{kBytes}, min: 1, infer: sameText, call: funcBase},
	{name: "bitand", params: []Kinds{kInt, kInt}, min: 2, result: IntType, call: funcBitAnd},
	{name: "bitnand", params: []Kinds{kInt, kInt}, min: 2, result: IntType, call: funcBitNand},
	{name: "bitnot", params: []Kinds{kInt}, min: 1, result: IntType, call: funcBitNot},
	{name: "bitor", params: []Kinds{kInt, kInt}, min: 2, result: IntType, call: funcBitOr},
	{name: "bitshl", params: []Kinds{kInt, kInt}, min: 2, result: IntType, call: funcBitShl},
	{name: "bitshr", params: []Kinds{kInt, kInt}, min: 2, result: IntType, call: funcBitShr},
	{name: "bitushr", params: []Kinds{kInt, kInt}, min: 2, result: IntType, call: funcBitUshr},
	{name: "bitxor", params: []Kinds{kInt, kInt}, min: 2, result: IntType, call: funcBitXor},
	{name: "capture", params: []Kinds{kString, kString}, min: 2, result: Type{Kinds: KindMap | KindNull, Values: &maybeString}, call: funcCapture, pattern: true},
	{name: "ceil", params: []Kinds{kNum}, min: 1, result: FloatType, call: funcCeil},
	{name: "concat", params: []Kinds{kList}, min: 1, more: true, infer: joinedList, call: funcConcat},
	{name: "cos", params: []Kinds{kNum}, min: 1, result: FloatType, call: funcCos},
	{name: "date", params: []Kinds{kString, kString, kString}, min: 1, result: FloatType, call: funcDate},
	{name: "dir", params: []Kinds{kBytes}, min: 1, infer: sameText, call: funcDir},
	{name: "div", params: []Kinds{kNum, kNum}, min: 2, infer: numberOfTwo, call: funcDiv},
	{name: "duration", params: []Kinds{kString}, min: 1, result: FloatType, call: funcDuration},
	{name: "exists", params: []Kinds{kString}, min: 1, result: BoolType, call: funcExists, impure: true},
	{name: "exp", params: []Kinds{kNum}, min: 1, result: FloatType, call: funcExp},
	{name: "ext", params: []Kinds{kBytes}, min: 1, infer: sameText, call: funcExt},
	{name: "find_all", params: []Kinds{kString, kString}, min: 2, result: listType, call: funcFindAll, pattern: true},
	{name: "first", params: []Kinds{kList}, min: 1, infer: maybeElement, call: funcFirst},
	{name: "flatten", params: []Kinds{kList}, min: 1, result: listType, call: funcFlatten},
	{name: "float", params: []Kinds{kNum | kString | KindBool}, min: 1, result: FloatType, call: funcFloat},
	{name: "floor", params: []Kinds{kNum}, min: 1, result: FloatType, call: funcFloor},
	{name: "fromBase64", params: []Kinds{kString}, min: 1, result: Type{Kinds: KindString | KindBytes}, call: funcFromBase64},
	{name: "fromJSON", params: []Kinds{kString | KindBytes}, min: 1, result: AnyType, call: funcFromJSON},
	{name: "fromPairs", params: []Kinds{kList}, min: 1, result: mapType, call: funcFromPairs},
	{name: "get", params: []Kinds{kList | kMap | kString | KindNull, kAny}, min: 2, result: AnyType, call: funcGet},
	{name: "hasPrefix", params: []Kinds{kString, kString}, min: 2, result: BoolType, call: funcHasPrefix},
	{name: "hasSuffix", params: []Kinds{kString, kString}, min: 2, result: BoolType, call: funcHasSuffix},
	{name: "hash", params: []Kinds{kAny}, min: 1, result: IntType, call: funcHash},
	{name: "host", params: []Kinds{kString}, min: 1, result: maybeString, call: funcHost},
	{name: "indexOf", params: []Kinds{kString, kString}, min: 2, result: IntType, call: funcIndexOf},
	{name: "int", params: []Kinds{kNum | kString | KindBool}, min: 1, result: IntType, call: funcInt},
	{name: "join", params: []Kinds{kList, kString}, min: 1, result: StringType, call: funcJoin},
	{name: "join_path", params: []Kinds{kString}, min: 1, more: true, result: StringType, call: funcJoinPath},
	{name: "keys", params: []Kinds{kMap}, min: 1, result: stringsType, call: funcKeys},
	{name: "last", params: []Kinds{kList}, min: 1, infer: maybeElement, call: funcLast},
	{name: "lastIndexOf", params: []Kinds{kString, kString}, min: 2, result: IntType, call: funcLastIndexOf},
	{name: "len", params: []Kinds{kAny}, min: 1, result: IntType, call: funcLen, objects: true},
	{name: "log", params: []Kinds{kNum, kNum}, min: 1, result: FloatType, call: funcLog},
	{name: "lower", params: []Kinds{kString}, min: 1, result: StringType, call: funcLower},
	{name: "max", params: []Kinds{kNum | kString | kList}, min: 1, more: true, infer: extremeType, call: funcMax},
	{name: "mean", params: []Kinds{kNum | kList}, min: 1, more: true, result: FloatType, call: funcMean},
	{name: "median", params: []Kinds{kNum | kList}, min: 1, more: true, result: FloatType, call: funcMedian},
	{name: "merge", params: []Kinds{kMap | KindNull}, min: 1, more: true, infer: mergedType, call: funcMerge},
	{name: "min", params: []Kinds{kNum | kString | kList}, min: 1, more: true, infer: extremeType, call: funcMin},
	{name: "mod", params: []Kinds{kNum, kNum}, min: 2, infer: numberOfTwo, call: funcMod},
	{name: "mtime", params: []Kinds{kString}, min: 1, result: FloatType, call: funcMtime, impure: true},
	{name: "now", result: FloatType, call: funcNow, impure: true},
	{name: "pow", params: []Kinds{kNum, kNum}, min: 2, infer: powOfTwo, call: funcPow},
	{name: "random", params: []Kinds{kInt, kInt}, infer: randomType, call: funcRandom, impure: true, draws: true},
	{name: "repeat", params: []Kinds{kString, kInt}, min: 2, result: StringType, call: funcRepeat, grows: true},
	{name: "replace", params: []Kinds{kString, kString, kString, kInt}, min: 3, result: StringType, call: funcReplace},
	{name: "reverse", params: []Kinds{kList}, min: 1, infer: sameList, call: funcReverse},
	{name: "round", params: []Kinds{kNum}, min: 1, result: FloatType, call: funcRound},
	{name: "sin", params: []Kinds{kNum}, min: 1, result: FloatType, call: funcSin},
	{name: "size", params: []Kinds{kString}, min: 1, result: IntType, call: funcSize, impure: true},
	{name: "sort", params: []Kinds{kList, kString}, min: 1, infer: sameList, call: funcSort},
	{name: "split", params: []Kinds{kString, kString, kInt}, min: 2, result: stringsType, call: funcSplit},
	{name: "splitAfter", params: []Kinds{kString, kString, kInt}, min: 2, result: stringsType, call: funcSplitAfter},
	{name: "sqrt", params: []Kinds{kNum}, min: 1, result: FloatType, call: funcSqrt},
	{name: "stem", params: []Kinds{kBytes}, min: 1, infer: sameText, call: funcStem},
	{name: "string", params: []Kinds{kAny}, min: 1, result: StringType, call: funcString},
	{name: "take", params: []Kinds{kList, kInt}, min: 2, infer: sameList, call: funcTake},
	{name: "toBase64", params: []Kinds{kString | KindBytes}, min: 1, result: StringType, call: funcToBase64},
	{name: "toJSON", params: []Kinds{kAny}, min: 1, result: StringType, call: funcToJSON},
	{name: "toPairs", params: []Kinds{kMap}, min: 1, result: Type{Kinds: KindList, Elem: &listType}, call: funcToPairs},
	{name: "trim", params: []Kinds{kString, kString}, min: 1, result: StringType, call: funcTrim},
	{name: "trimPrefix", params: []Kinds{kBytes, kBytes}, min: 1, infer: sameText, call: funcTrimPrefix},
	{name: "trimSuffix", params: []Kinds{kBytes, kBytes}, min: 1, infer: sameText, call: funcTrimSuffix},
	{name: "type", params: []Kinds{kAny}, min: 1, result: StringType, call: funcType},
	{name: "uniq", params: []Kinds{kList}, min: 1, infer: sameList, call: funcUniq},
	{name: "upper", params: []Kinds{kString}, min: 1, result: StringType, call: funcUpper},
	{name: "utf8", params: []Kinds{kAny}, min: 1, result: StringType, call: funcUTF8},
	{name: "values", params: []Kinds{kMap}, min: 1, infer: mapValues, call: funcValues},
}

// Functions are the names of all functions, sorted. A value, an array or a manager of a spec may not be named like one.
func Functions() []string {
	names := make([]string, 0, len(functions)+len(loopFunctions))
	for i := range functions {
		names = append(names, functions[i].name)
	}
	for i := range loopFunctions {
		names = append(names, loopFunctions[i].name)
	}
	slices.Sort(names)
	return names
}

// IsFunction says whether there is a function of this name.
func IsFunction(name string) bool { return findFunction(name) != nil || findLoop(name) != nil }

// findFunction is the row of a function without closure, or nil.
func findFunction(name string) *function {
	low, high := 0, len(functions)
	for low < high {
		mid := (low + high) / 2
		switch compareNames(functions[mid].name, name) {
		case 0:
			return &functions[mid]
		case -1:
			low = mid + 1
		default:
			high = mid
		}
	}
	return nil
}

func compareNames(a, b string) int { return strings.Compare(a, b) }

// refusedFunction explains functions of expr-lang that are not there on purpose.
func refusedFunction(name string) string {
	switch name {
	case "timezone":
		return "times are seconds since 1970; date(text, layout, zone) takes the zone's name"
	case "str", "tostring", "toString", "text":
		return "string(x) makes text"
	case "length", "strlen", "size_of":
		return "len(x) counts characters and elements"
	case "toUpper", "uppercase", "ascii_upcase", "toupper":
		return "write upper(text)"
	case "toLower", "lowercase", "ascii_downcase", "tolower":
		return "write lower(text)"
	case "substr", "substring", "slice":
		return "a part of a text or list is x[1:3], x[2:] or x[:-1]"
	case "strip", "lstrip", "rstrip":
		return "trim(text) takes off spaces, trimPrefix and trimSuffix the rest"
	case "startswith", "endswith", "includes":
		return `the word stands between two texts: item startsWith "x", item endsWith "x", item contains "x"`
	case "test", "match", "regex", "search":
		return `item matches "^a" is a condition; capture and find_all give what matched`
	case "tonumber", "number", "parseInt", "parseFloat", "Number":
		return "int(x) and float(x) read numbers"
	case "format", "sprintf", "printf", "print", "println":
		return `text is put together by +: item.name + ": " + string(item.n)`
	case "basename", "filename":
		return "write base(path)"
	case "splitext", "extname":
		return "stem(path) and ext(path) are its parts"
	case "exists_file", "isfile":
		return "write exists(path)"
	case "dirname":
		return "write dir(path)"
	case "sorted":
		return "write sort(list)"
	case "set", "unique", "dedup":
		return "write uniq(list)"
	case "typeof", "isinstance":
		return "type(x) gives the name of the kind"
	case "has":
		return `"key" in item is the condition`
	case "bool", "boolean", "truthy":
		return `a condition compares: item != 0, item != "", item != null`
	case "list", "tuple", "array":
		return "a list is [a, b]; map(x, it) makes one of a list or map"
	case "dict", "object":
		return "a map is {name: value}; fromPairs(list) makes one of pairs"
	case "to_entries", "entries", "items":
		return "map(m, it.key) goes through a map as {key, value}; toPairs(m) gives pairs"
	case "from_entries":
		return "write fromPairs(list), of [key, value]"
	case "del", "delete", "delpaths", "omit", "pop":
		return "name the fields that stay: {a: item.a, b: item.b}"
	case "pick":
		return "name the fields: {a: item.a, b: item.b}"
	case "select", "where":
		return "filter(list, it > 1) for a list; for the items of a chain write a filter stage"
	case "add":
		return "sum(list) adds numbers up, join(list) texts, + two of a kind"
	case "sub", "gsub", "regex_replace", "replaceAll":
		return "replace(text, old, new) replaces a text; capture and find_all work with regular expressions"
	case "ltrimstr", "removeprefix":
		return "write trimPrefix(text, prefix)"
	case "rtrimstr", "removesuffix":
		return "write trimSuffix(text, suffix)"
	case "range", "xrange", "seq":
		return "1..3 is the list [1, 2, 3]; as a source of items write a range stage"
	case "enumerate":
		return "#index is the position inside of map() and its like"
	case "zip":
		return "map(a, [it, b[#index]]) goes through two lists"
	case "loads", "parse", "from_json", "fromjson", "parse_json", "json":
		return "write fromJSON(text)"
	case "dumps", "stringify", "to_json", "tojson":
		return "write toJSON(x), or string(x) for one line"
	case "findall", "scan":
		return "write find_all(text, pattern)"
	case "sort_by", "order_by":
		return "write sortBy(list, it.key)"
	case "group_by":
		return "write groupBy(list, it.key)"
	case "push", "extend":
		return "lists do not change: concat(list, [x])"
	case "random_int", "randint", "rand":
		return "random() gives a float from 0 up to 1: int(random() * 6)"
	case "time":
		return "now() gives seconds since 1970"
	}
	return ""
}

func (f *function) takesCount(n int) bool { return n >= f.min && (f.more || n <= len(f.params)) }

// count says how many arguments the function takes.
func (f *function) count() string {
	plural := func(n int) string {
		if n == 1 {
			return "1 argument"
		}
		return fmt.Sprintf("%d arguments", n)
	}
	switch {
	case f.more:
		return "at least " + plural(f.min)
	case f.min == len(f.params):
		return plural(f.min)
	}
	return fmt.Sprintf("%d to %s", f.min, plural(len(f.params)))
}

// param is what argument i may be.
func (f *function) param(i int) Kinds { return f.params[min(i, len(f.params)-1)] }

// The types of results that follow from the arguments'.

func sameNumber(args []Type) Type { return Type{Kinds: args[0].Kinds & KindNumber} }

func numberOfTwo(args []Type) Type { return numberType(args[0], args[1]) }

func powOfTwo(args []Type) Type { return powerType(args[0], args[1]) }

func sameList(args []Type) Type { return ListOf(args[0].Element()) }

// sameText is text of text, and of what may be bytes either.
func sameText(args []Type) Type {
	if args[0].Kinds&KindBytes == 0 {
		return StringType
	}
	return Join(StringType, BytesType)
}

func maybeElement(args []Type) Type { return args[0].Element().Nullable() }

func mapValues(args []Type) Type {
	values := args[0].Value()
	return Type{Kinds: KindList, Elem: part(values)}
}

func joinedList(args []Type) Type {
	var elem Type
	for _, arg := range args {
		elem = Join(elem, arg.Element())
	}
	return Type{Kinds: KindList, Elem: part(elem)}
}

// extremeType is the type of min and max of numbers, texts and lists of them; of empty lists it is null.
func extremeType(args []Type) Type {
	var t Type
	for _, arg := range args {
		t.Kinds |= arg.Kinds & (KindNumber | KindString)
		if arg.May(KindList) {
			elem := arg.Element()
			if elem.May(KindList) {
				return AnyType
			}
			t.Kinds |= elem.Kinds&(KindNumber|KindString) | KindNull
		}
	}
	return t
}

func randomType(args []Type) Type {
	if len(args) == 0 {
		return FloatType
	}
	return IntType
}

// mergedType is the record of all fields, if all are records.
func mergedType(args []Type) Type {
	var fields []FieldType
	for _, arg := range args {
		if !arg.Record || arg.Kinds != KindMap {
			return mapType
		}
		for _, f := range arg.Fields {
			if !f.Optional {
				fields = append(fields, f)
				continue
			}
			before, had := RecordOf(fields...).Field(f.Name)
			if had {
				f = FieldType{Name: f.Name, Type: Join(before, f.Type)}
			}
			fields = append(fields, f)
		}
	}
	return RecordOf(fields...)
}
