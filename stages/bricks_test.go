package stages

import (
	"math/rand/v2"
	"slices"
	"strconv"
)

// A brick is a few stages that take ints and give ints, so that any bricks in any order make a chain.
type brick struct {
	name   string
	stages []Stage
}

// handled is a stage with a handler of errors.
func handled(s Stage, then HandlerThen, do ...Stage) Stage {
	s.OnError = &Handler{Then: then, Do: do}
	return s
}

func named(s Stage, name string) Stage {
	s.As = name
	return s
}

func only(s Stage, when string) Stage {
	s.When = srcExpr(when)
	return s
}

func retried(s Stage, times int) Stage {
	s.Retry = &Retry{Times: srcLiteral(times)}
	return s
}

func mapStage(text string) Stage    { return stage("map", exprField(text)) }
func filterStage(text string) Stage { return stage("filter", exprField(text)) }

func countStage(op string, n int, options ...any) Stage {
	return stage(op, Field{Source: srcLiteral(n)}, options...)
}

func putStage(queues ...string) Stage { return stage("put", queueField(queues...)) }

// putMember puts into a family of n.
func putMember(family, index string, n int) Stage {
	return stage("put", Field{Places: []Place{{Name: family, Kind: "queue", Index: []Source{*srcExpr(index)}, Count: n}}})
}

func doStage(stages ...Stage) Stage { return stage("do", Field{Stages: stages}) }

func teeStage(chains ...[]Stage) Stage {
	var f Field
	for _, c := range chains {
		f.Branches = append(f.Branches, Branch{Stages: c})
	}
	return stage("tee", f)
}

// lockField is places of locks.
func lockField(names ...string) (f Field) {
	for _, name := range names {
		f.Places = append(f.Places, Place{Name: name, Kind: "lock"})
	}
	return f
}

func lockStage(names []string, do ...Stage) Stage {
	s := stage("lock", lockField(names...))
	s.Options = map[string]Field{"do": {Stages: do}}
	return s
}

func acquireStage(name string) Stage { return stage("acquire", lockField(name)) }
func releaseStage(name string) Stage { return stage("release", lockField(name)) }

// waitStage waits for the condition cond.
func waitStage(until string) Stage {
	s := stage("wait", Field{Places: []Place{{Name: "cond", Kind: "condition"}}})
	if until != "" {
		s.Options = map[string]Field{"until": exprField(until)}
	}
	return s
}

func notifyStage(name string, n *Source) Stage {
	s := stage("notify", Field{Places: []Place{{Name: name, Kind: "condition"}}})
	if n != nil {
		s.Options = map[string]Field{"n": {Source: n}}
	}
	return s
}

func handledTimeout(s Stage, then HandlerThen) Stage {
	s = timed(s, "1ms")
	s.OnTimeout = &Handler{Then: then}
	return s
}

func routeStage(branches ...Branch) Stage { return stage("route", Field{Branches: branches}) }

func when(cond string, stages ...Stage) Branch {
	if cond == "" {
		return Branch{Stages: stages}
	}
	return Branch{When: srcExpr(cond), Stages: stages}
}

// useStage puts a chain in its place, with arguments given as name, expression, name, expression.
func useStage(args []string, stages ...Stage) Stage {
	src := &Source{Kind: SourceMap}
	for i := 0; i < len(args); i += 2 {
		src.Keys, src.Items = append(src.Keys, args[i]), append(src.Items, *srcExpr(args[i+1]))
	}
	return stage("use", Field{Source: srcLiteral("c"), Stages: stages}, "args", src)
}

// cellPlaceOf is a place in a value or an array.
func cellPlaceOf(name string, index ...string) Place {
	p := Place{Name: name, Kind: "array"}
	for _, text := range index {
		p.Index = append(p.Index, *srcExpr(text))
	}
	return p
}

// changeStage is store, add or apply.
func changeStage(op string, p Place, value string) Stage {
	if value == "" {
		value = "item"
	}
	return stage(op, Field{Places: []Place{p}}, "value", srcExpr(value))
}

func changeField(op, name, field, value string) Stage {
	p := cellPlaceOf(name)
	p.Field = field
	return changeStage(op, p, value)
}

func splitOption(s Stage) Stage {
	s.Options["split"] = Field{Source: srcLiteral(true)}
	return s
}

// fragile fails for some items.
const fragile = `item % 4 == 1 ? int("x") : item + 1`

func bricks() []brick {
	return []brick{
		{"map", []Stage{mapStage("item + 1")}},
		{"map column", []Stage{mapStage("item % 2 == 0 ? item * 3 : -item")}},
		{"map index", []Stage{mapStage("item + index")}},
		{"filter", []Stage{filterStage("item % 3 != 0")}},
		{"flat_map", []Stage{stage("flat_map", exprField("[item, item + 1]"))}},
		{"flat_map some", []Stage{stage("flat_map", exprField("item % 4 == 0 ? null : map(0..(abs(item) % 5), it * 2)"))}},
		{"reduce", []Stage{stage("reduce", exprField("acc + item"), "init", srcLiteral(0))}},
		{"reduce first", []Stage{stage("reduce", exprField("acc * 2 % 1000 - item"))}},
		{"count by", []Stage{stage("reduce", exprField("acc + 1"), "init", srcLiteral(0), "by", srcExpr("item % 5")), mapStage("item.key * 100 + item.value")}},
		{"sum by", []Stage{stage("reduce", exprField("acc + item"), "by", srcExpr(`item % 3 == 0 ? "a" : item % 3`)), mapStage("item.value")}},
		{"lists by", []Stage{stage("reduce", exprField("concat(acc, [item])"), "init", srcLiteral([]any{}), "by", srcExpr(`item / 2`)), mapStage("len(item.value) + sum(item.value)")}},
		{"batch", []Stage{countStage("batch", 3), mapStage("len(item) * 1000 + sum(item)")}},
		{"collect", []Stage{stage("collect", Field{Source: srcLiteral("all")}), stage("flat_map", exprField("item"))}},
		{"take", []Stage{countStage("take", 5)}},
		{"take 0", []Stage{countStage("take", 0)}},
		{"skip", []Stage{countStage("skip", 4)}},
		{"take_while", []Stage{stage("take_while", exprField("item < 60"))}},
		{"distinct", []Stage{stage("distinct", exprField("item % 10"))}},
		{"distinct kinds", []Stage{stage("distinct", exprField(`item % 3 == 0 ? "x" : item % 3 == 1 ? item / 3 : [item]`))}},
		{"sort", []Stage{stage("sort", exprField("item % 6"))}},
		{"sort desc", []Stage{stage("sort", exprField(`item % 2 == 0 ? "even" : item`), "desc", srcLiteral(true))}},
		{"top", []Stage{countStage("top", 4, "by", srcExpr("item % 9"))}},
		{"print", []Stage{stage("print", Field{})}},
		{"print text", []Stage{stage("print", Field{Source: srcText("<${{ item }} ${{ index }}>")}, "end", srcLiteral(";\n"))}},
		{"put", []Stage{putStage("q1")}},
		{"put fragile", []Stage{handled(stage("put", queueField("q1"), "value", srcExpr(fragile)), ThenSkip)}},
		{"put two", []Stage{putStage("q1", "q2")}},
		{"put family", []Stage{putMember("f", "item % 3", 3)}},
		{"put family fragile", []Stage{handled(putMember("f", "item % 5", 3), ThenSkip)}},
		{"put one member", []Stage{putMember("f", "vars == null ? 1 : 2", 3)}},
		{"put family and queue", []Stage{{Op: "put", Operand: Field{Places: slices.Concat(putMember("f", "index % 2", 3).Operand.Places, queueField("q1").Places)}}}},
		{"ids", []Stage{stage("put", queueField("ids"), "value", srcExpr("[delivery.id, item]"))}},
		{"random", []Stage{mapStage("random(0, 1000) + item")}},
		{"do", []Stage{doStage(mapStage("item * 2"), putStage("q3"))}},
		{"do many", []Stage{doStage(stage("items", Field{Source: &Source{Kind: SourceList, Items: []Source{*srcExpr("item"), *srcExpr("item + 1")}}}), stage("sort", Field{}, "desc", srcLiteral(true)), putStage("q4"))}},
		{"do fragile", []Stage{handled(doStage(putStage("q3"), mapStage(fragile), putStage("q3")), ThenSkip)}},
		{"do retried", []Stage{retried(handled(doStage(putStage("q3"), mapStage(fragile)), ThenPass), 2)}},
		{"tee", []Stage{teeStage(
			[]Stage{stage("reduce", exprField("acc + item")), putStage("q5")},
			[]Stage{filterStage("item % 2 == 0"), countStage("take", 3), putStage("q6")},
			[]Stage{stage("flat_map", exprField("[item, 0]")), countStage("batch", 2), putStage("q6")},
		)}},
		{"tee fragile", []Stage{handled(teeStage([]Stage{putStage("q5"), mapStage(fragile), stage("collect", Field{}), putStage("q6")}), ThenSkip)}},
		{"route", []Stage{routeStage(
			when("item % 2 == 0", mapStage("item * 2"), countStage("batch", 2), mapStage("sum(item)")),
			when("item % 3 == 0", stage("flat_map", exprField("[item, item, item]")), putStage("q7")),
		)}},
		{"route else", []Stage{routeStage(
			when("item % 2 == 0", countStage("take", 2)),
			when("", stage("reduce", exprField("acc + item"), "init", srcLiteral(1000))),
		)}},
		{"route over", []Stage{routeStage(when("", countStage("take", 4)))}},
		{"add", []Stage{changeStage("add", cellPlaceOf("total"), "")}},
		{"add element", []Stage{changeStage("add", cellPlaceOf("hist", "item % 5"), "1")}},
		{"add fragile", []Stage{handled(changeStage("add", cellPlaceOf("small", "item % 4"), "item % 100"), ThenSkip)}},
		{"add and read", []Stage{changeStage("add", cellPlaceOf("total"), ""), mapStage("(item + total) % 1000")}},
		{"read and add", []Stage{mapStage("(item + hist[1] + sum(hist)) % 1000"), changeStage("add", cellPlaceOf("hist", "index % 2"), "")}},
		{"store", []Stage{changeStage("store", cellPlaceOf("hist", "-1"), "(hist[0] + item) % 1000")}},
		{"store all", []Stage{handled(changeStage("store", cellPlaceOf("grid"), "[[1.5, item, index], item % 3 == 0 ? [] : map(grid[0], it % 1000 + 1)]"), ThenSkip)}},
		{"store record", []Stage{changeStage("store", cellPlaceOf("best"), "{item: item % 1000, n: total % 7}"), changeField("add", "best", "n", "0.1"), mapStage("best.item")}},
		{"apply", []Stage{changeStage("apply", cellPlaceOf("hist"), "(item * 2 + at) % 1000")}},
		{"apply split", []Stage{splitOption(changeStage("apply", cellPlaceOf("hist"), "at > 0 ? hist[at - 1] + item % 100 : 0"))}},
		{"apply fragile", []Stage{handled(changeStage("apply", cellPlaceOf("small"), "item + 40"), ThenPass)}},
		{"skip errors", []Stage{handled(mapStage(fragile), ThenSkip)}},
		{"pass errors", []Stage{handled(mapStage(fragile), ThenPass)}},
		{"end at error", []Stage{handled(mapStage(fragile), ThenEnd)}},
		{"put errors", []Stage{handled(mapStage(fragile), ThenSkip, stage("put", queueField("errs"), "value", srcExpr("{item: item, error: error}")))}},
		{"put errors, end", []Stage{handled(mapStage(fragile), ThenEnd, stage("print", Field{}), putStage("errs"))}},
		{"handler fails", []Stage{handled(mapStage(fragile), ThenSkip, mapStage(`item > 40 ? int("y") : 0`), putStage("errs"))}},
		{"fail", []Stage{only(stage("fail", Field{Source: srcText("bad ${{ item }}")}, "code", srcLiteral(7)), "item > 90")}},
		{"fail, passed", []Stage{handled(stage("fail", Field{}), ThenPass, stage("log", Field{Source: srcExpr("error.message")}))}},
		{"retry", []Stage{retried(handled(mapStage(fragile), ThenSkip, stage("put", queueField("errs"), "value", srcExpr("error.attempt"))), 2)}},
		{"when", []Stage{only(mapStage("item * 7"), "item % 2 == 1")}},
		{"when flat_map", []Stage{only(stage("flat_map", exprField("[item, item]")), "item % 2 == 1")}},
		{"as", []Stage{named(mapStage("item * 7"), "x"), filterStage("x % 2 == 0"), mapStage("x + item")}},
		{"as twice", []Stage{named(mapStage("item * 7"), "x"), named(stage("flat_map", exprField("[item, x]")), "x"), mapStage("x + item")}},
		{"as sorted", []Stage{named(mapStage("item * 7 % 5"), "y"), named(stage("sort", exprField("y")), "z"), countStage("top", 6, "by", srcExpr("y * 2")), mapStage("y + z + item")}},
		{"as route", []Stage{named(routeStage(when("item % 2 == 0", stage("flat_map", exprField("[item, 1]"))), when("", countStage("batch", 2), mapStage("sum(item)"))), "w"), mapStage("w + (item ?? 5)")}},
		{"as do", []Stage{named(doStage(putStage("q3")), "v"), mapStage("v + 1")}},
		{"source", []Stage{stage("items", Field{Source: &Source{Kind: SourceList, Items: []Source{*srcExpr("item"), *srcLiteral(1)}}}), mapStage("item + 2")}},
		{"range", []Stage{stage("range", Field{Sources: []Source{*srcExpr("abs(item) % 4")}})}},
		{"range split", []Stage{stage("range", Field{Sources: []Source{*srcExpr("item % 13")}}, "split", srcLiteral(true)), stage("put", queueField("ids"), "value", srcExpr("[delivery.id, item]"))}},
		{"items split", []Stage{stage("items", Field{Source: srcExpr("0..(abs(item) % 9)")}, "split", srcLiteral(true), "count", srcLiteral(6)), mapStage("item + 2")}},
		{"matrix", []Stage{stage("matrix", Field{Source: &Source{Kind: SourceMap, Keys: []string{"b", "a"}, Items: []Source{*srcLiteral([]any{1, 2}), *srcExpr("0..(abs(item) % 4)")}}}, "count", srcLiteral(7)), mapStage("item.b * 100 + item.a")}},
		{"matrix split", []Stage{stage("matrix", Field{Source: &Source{Kind: SourceMap, Keys: []string{"b", "a"}, Items: []Source{*srcLiteral([]any{1, 2, 3}), *srcExpr("[item, 5]")}}}, "split", srcExpr("item % 2 == 0")), stage("put", queueField("ids"), "value", srcExpr("[delivery.id, item]")), mapStage("item.b * 100 + item.a")}},
		{"route fails at its end", []Stage{handled(routeStage(
			when("item % 2 == 0", stage("sort", Field{}), mapStage(fragile), stage("flat_map", exprField("[item, item]"))),
			when("item % 3 == 0", stage("collect", Field{}), mapStage(`int("x")`)),
			when("", stage("sort", Field{}), mapStage(`item % 5 == 1 ? int("x") : item`)),
		), ThenSkip, stage("put", queueField("errs"), "value", srcExpr("[item, error.message]")))}},
		{"tee fails at its end", []Stage{handled(teeStage(
			[]Stage{stage("sort", Field{}), putStage("q5"), mapStage(fragile)},
			[]Stage{stage("sort", Field{}, "desc", srcLiteral(true)), putStage("q6"), mapStage(fragile)},
			[]Stage{countStage("batch", 3), putStage("q6")},
		), ThenPass)}},
		{"use fails at its end", []Stage{named(handled(useStage([]string{"n", "1"}, stage("sort", Field{}), mapStage(`item % 7 == 3 ? int("x") : item + args.n`)), ThenEnd, stage("print", Field{Source: srcText("${{ error.type }} ${{ item }}")})), "y"), mapStage("y")}},
		{"reduce fails at its end", []Stage{filterStage("item > 200"), handled(stage("reduce", exprField("acc + item"), "init", srcExpr(`int("x")`)), ThenSkip)}},
		{"fails at its end", []Stage{routeStage(when("", stage("sort", Field{}), mapStage(`item % 11 == 3 ? int("x") : item`)))}},
		{"result", []Stage{stage("result", Field{Source: srcLiteral("r")})}},
		{"use", []Stage{useStage(nil, mapStage("item * 3 % 50"), filterStage("item % 4 != 0"), mapStage("item + index"))}},
		{"use args", []Stage{useStage([]string{"n", "3", "m", "1 + 1"}, mapStage("item * args.n"), stage("reduce", exprField("acc + item * args.m"), "init", srcExpr("args.n"), "by", srcExpr("item % args.n")), mapStage("item.key * args.n + item.value"))}},
		{"use item args", []Stage{named(mapStage("item % 7"), "x"), useStage([]string{"n", "item + 1", "x", "x", "c", "5"}, named(mapStage("item * args.n"), "x"), filterStage("x % 3 != args.x"), named(mapStage("args.c"), "y"), mapStage("x + y")), mapStage("item + x")}},
		{"use item args, reduced", []Stage{useStage([]string{"n", "item", "c", "5"}, stage("reduce", exprField("acc + args.n"), "init", srcLiteral(0)), mapStage("item * args.c"))}},
		{"use item args, failing", []Stage{useStage([]string{"n", `item == 93 ? int("x") : item`}, mapStage("args.n + item"))}},
		{"use as at the end", []Stage{useStage(nil, named(mapStage("item + 5"), "x")), mapStage("item * 2")}},
		{"use take", []Stage{useStage([]string{"n", "4"}, mapStage("item + 1"), stage("take", exprField("args.n")))}},
		{"use effects", []Stage{useStage(nil, putStage("q1"), stage("print", Field{Source: srcText("${{ item }}")}))}},
		{"use in use", []Stage{useStage([]string{"n", "2"}, useStage([]string{"n", "args.n * 2", "i", "index"}, mapStage("item * args.n + args.i"), useStage([]string{"k", "args.i"}, mapStage("item + args.k"))), mapStage("item + args.n"))}},
		{"use ids", []Stage{useStage(nil, stage("put", queueField("ids"), "value", srcExpr("[delivery.id, item]")), mapStage("random(0, 1000)")), useStage(nil, mapStage("random(0, 1000) + item"))}},
		{"use named", []Stage{named(useStage([]string{"n", "item"}, stage("flat_map", exprField("[item, args.n * 2]"))), "u"), mapStage("u + item")}},
		{"use named, reduced", []Stage{named(useStage(nil, stage("reduce", exprField("acc + item"), "init", srcLiteral(1))), "u"), mapStage("u + item")}},
		{"use when", []Stage{only(useStage([]string{"n", "item"}, countStage("batch", 2), mapStage("sum(item)")), "item % 2 == 0")}},
		{"use fragile", []Stage{handled(useStage(nil, putStage("q3"), mapStage(fragile), stage("flat_map", exprField("[item, item]"))), ThenSkip, stage("put", queueField("errs"), "value", srcExpr("error.message")))}},
		{"use retried", []Stage{retried(handled(useStage([]string{"n", "item"}, mapStage(fragile), mapStage("item + args.n")), ThenPass), 2)}},
		{"use take, handled", []Stage{handled(useStage(nil, countStage("take", 5), mapStage(fragile)), ThenSkip)}},
		{"use in chains", []Stage{teeStage([]Stage{useStage([]string{"n", "item"}, mapStage("args.n"), stage("collect", Field{}), putStage("q5"))}), doStage(useStage(nil, mapStage("item * 2"), putStage("q3")))}},
		{"use source", []Stage{useStage([]string{"n", "item"}, stage("range", Field{Sources: []Source{*srcExpr("abs(args.n) % 3")}}), mapStage("item + args.n"))}},
		{"use in handler", []Stage{handled(mapStage(fragile), ThenSkip, useStage([]string{"e", "error"}, stage("put", queueField("errs"), "value", srcExpr("args.e.message"))))}},
		{"lock", []Stage{lockStage([]string{"l"}, mapStage("item * 2"), putStage("q3"))}},
		{"lock several", []Stage{lockStage([]string{"m", "sem", "l"}, stage("flat_map", exprField("map(0..(abs(item) % 6), it + item)")), putStage("q3"), stage("print", Field{}))}},
		{"lock filtered", []Stage{named(lockStage([]string{"l"}, filterStage("item % 2 == 0"), named(mapStage("item * 5"), "y"), mapStage("item + y")), "x"), mapStage("x + item")}},
		{"lock reduced", []Stage{named(mapStage("item * 7"), "x"), lockStage([]string{"l"}, stage("range", Field{Sources: []Source{*srcExpr("abs(item) % 5")}}), stage("reduce", exprField("acc + item"), "init", srcExpr("x"))), mapStage("item + x")}},
		{"lock cells", []Stage{lockStage([]string{"l"}, changeStage("add", cellPlaceOf("hist", "item % 5"), "1"), changeStage("apply", cellPlaceOf("hist"), "(item * 3 + at + hist[0]) % 1000"), changeStage("store", cellPlaceOf("total"), "total + hist[1]"), mapStage("(item + total) % 1000"))}},
		{"lock cells fragile", []Stage{handled(lockStage([]string{"l"}, changeStage("add", cellPlaceOf("total"), ""), changeStage("apply", cellPlaceOf("small"), "item + 7"), mapStage(fragile), changeStage("store", cellPlaceOf("hist", "0"), "")), ThenSkip)}},
		{"lock member", []Stage{{Op: "lock", Operand: Field{Places: []Place{{Name: "f", Kind: "lock", Index: []Source{*srcExpr("item % 3")}, Count: 3}}}, Options: map[string]Field{"do": {Stages: []Stage{putStage("q3")}}}}}},
		{"lock fragile", []Stage{handled(lockStage([]string{"l", "sem"}, putStage("u1"), putStage("u2"), mapStage(fragile), putStage("u1")), ThenSkip)}},
		{"lock retried", []Stage{retried(handled(lockStage([]string{"rec"}, putStage("u1"), mapStage(fragile)), ThenPass), 2)}},
		{"lock nested", []Stage{handled(lockStage([]string{"rec"}, putStage("u1"), lockStage([]string{"rec", "l"}, putStage("u2"), lockStage([]string{"rec"}, putStage("u2")), handled(lockStage([]string{"rec"}, putStage("u3"), mapStage(fragile)), ThenSkip), putStage("u2")), doStage(putStage("u1")), mapStage(fragile), putStage("u1")), ThenSkip)}},
		{"lock twice", []Stage{handled(lockStage([]string{"l"}, putStage("u1"), lockStage([]string{"m"}, lockStage([]string{"l"}, putStage("u1")))), ThenSkip, stage("put", queueField("errs"), "value", srcExpr("error.type")))}},
		{"acquire", []Stage{acquireStage("sem"), putStage("q3"), acquireStage("l"), releaseStage("sem"), mapStage("item + 1"), releaseStage("l")}},
		{"acquire inside", []Stage{lockStage([]string{"m"}, acquireStage("l"), putStage("u1"), releaseStage("l"), acquireStage("l"), releaseStage("l"), acquireStage("sem"), releaseStage("sem"))}},
		{"release too often", []Stage{handled(releaseStage("sem"), ThenSkip, stage("put", queueField("errs"), "value", srcExpr("error.type")))}},
		{"release inside", []Stage{handled(lockStage([]string{"m"}, putStage("u1"), releaseStage("m")), ThenPass)}},
		{"wait", []Stage{lockStage([]string{"cond"}, putStage("u1"), waitStage(""), putStage("u1"), notifyStage("cond", srcLiteral("all")))}},
		{"wait until", []Stage{acquireStage("cond"), handledTimeout(waitStage("item % 2 == 0"), ThenPass), putStage("u1"), notifyStage("cond", srcExpr("abs(item)")), releaseStage("cond")}},
		{"wait late", []Stage{handled(lockStage([]string{"cond"}, putStage("u1"), timed(waitStage("item % 2 == 0"), "1ms"), putStage("u1")), ThenSkip, stage("put", queueField("errs"), "value", srcExpr("error.type")))}},
		{"wait fragile", []Stage{handled(lockStage([]string{"cond", "l"}, putStage("u1"), waitStage(""), putStage("u1"), mapStage(fragile)), ThenSkip)}},
		{"wait without lock", []Stage{handled(waitStage(""), ThenSkip), handled(notifyStage("cond", nil), ThenSkip)}},
		{"log", []Stage{stage("log", Field{Source: srcText("saw ${{ item }}")}, "level", srcLiteral("debug"))}},
	}
}

// wall is some bricks on top of each other behind a source.
type wall struct {
	names  string
	stages []Stage
}

func randomWall(rnd *rand.Rand) wall {
	all := bricks()
	var w wall
	if rnd.IntN(3) == 0 {
		w.stages = []Stage{itemsStage(3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 89, 79, 93)}
		w.names = "items"
	} else {
		w.stages = []Stage{stage("get", queueField("in"))}
		w.names = "get"
	}
	for range 1 + rnd.IntN(5) {
		b := all[rnd.IntN(len(all))]
		w.stages = append(w.stages, b.stages...)
		w.names += " | " + b.name
	}
	w.stages = slices.Clone(w.stages)
	for i := range w.stages {
		w.stages[i].Pos = Pos{File: "wall.yaml", Line: i + 1, Col: 1}
	}
	return w
}

// brickCells makes the values and arrays that bricks use.
func (w *world) brickCells() {
	w.newCell("total", CellType{Type: StoreType{Name: "int64"}})
	w.newCell("hist", CellType{Type: StoreType{Name: "int64"}, Shape: []int{5}})
	w.newCell("small", CellType{Type: StoreType{Name: "uint8"}, Shape: []int{3}})
	w.newCell("grid", CellType{Type: StoreType{Name: "float64"}, Shape: []int{2, 3}})
	w.newCell("best", CellType{Type: StoreType{Name: "Best", Fields: []StoreField{{"item", StoreType{Name: "int16"}}, {"n", StoreType{Name: "float32"}}}}})
}

// fill puts random blocks into the queue that walls read.
func (w *world) fill(rnd *rand.Rand) {
	w.brickCells()
	q := w.queue("in")
	for range rnd.IntN(4) {
		var c Column
		for range 1 + rnd.IntN(20) {
			c.Append(rnd.IntN(100))
		}
		q.blocks = append(q.blocks, c)
	}
	q.single = rnd.IntN(8) == 0
	names := []string{"f", "f[1]", "f[2]"}
	for i := range 8 {
		names = append(names, "q"+strconv.Itoa(i))
	}
	for _, name := range names {
		if rnd.IntN(3) == 0 {
			w.queue(name).room = 1 + rnd.IntN(4)
		}
		if q := w.queue(name); rnd.IntN(6) == 0 {
			q.noReaders, q.after = true, rnd.IntN(12)
		}
	}
}
