package stages

import (
	"strings"
	"testing"
)

func TestBudget(t *testing.T) {
	scope := testScope()
	for _, test := range []struct {
		src  string
		want string
	}{
		{"len(1..900)", "900"},
		{"len(1..2000)", "error: the value takes more than 1000 steps to compute; compute it in a stage"},
		{"len(map(1..400, map(1..400, it)))", "error: the value takes more than 1000 steps to compute; compute it in a stage"},
		{"any(1..600, it == 600)", "error: the value takes more than 1000 steps to compute; compute it in a stage"},
		{`len(repeat("x", 1000000))`, "error: the value takes more than 1000 steps to compute; compute it in a stage"},
		{"reduce(1..60, [#acc, #acc], 1) == 1", "error: a value of more than 67108864 parts"},
		{"reduce(1..100000, {{a: #acc}}, 1) == 1", "error: the value takes more than 1000 steps to compute; compute it in a stage"},
	} {
		env := testEnv()
		env.Budget = 1000
		for range 2 { // each evaluation has the whole of it
			if got := resultText(test.src, scope, env); got != test.want {
				t.Errorf("%s gives %s, want %s", test.src, got, test.want)
			}
		}
	}
}

// TestBudgetBeforeTheList: a list of ints that the budget does not allow is not made first; an editor asks at each key that is struck.
func TestBudgetBeforeTheList(t *testing.T) {
	scope, env := testScope(), testEnv()
	env.Budget = 1000
	for _, src := range []string{"len(1..16000000)", "len(1..int(item.n) * 5000000)"} {
		e, err := CompileExpr(src, scope)
		if err != nil {
			t.Fatal(err)
		}
		if made := testing.AllocsPerRun(3, func() { _, err = e.Run(env) }); err == nil || made > 100 {
			t.Errorf("%s makes %v allocations, and %v", src, made, err)
		}
	}
}

// TestGrowth holds the bounds of what grows without a budget, too.
func TestGrowth(t *testing.T) {
	scope, env := testScope(), testEnv()
	for src, want := range map[string]string{
		`let s = repeat("x", 200000000); len(s + s)`:                 "error: + makes at most 268435456 bytes",
		`replace(repeat("x", 1000000), "x", repeat("y", 1000))`:      "error: replace() makes at most 268435456 bytes",
		`let a = 1..6000000; concat(a, a, a) == []`:                  "error: concat() makes at most 16777216 elements",
		`len(replace(repeat("x", 1000), "x", repeat("y", 100), 10))`: "1990",
		"reduce(1..60, [#acc, #acc], 1) == 1":                        "error: a value of more than 67108864 parts",
		"reduce(1..5000, [#acc], 1) == 1":                            "error: nested deeper than 1000",
		"reduce(1..900, [#acc], 1) == 1":                             "false",
	} {
		if got := resultText(src, scope, env); got != want {
			t.Errorf("%s gives %s, want %s", src, got, want)
		}
	}
}

// TestWhatIsFolded holds that the compiler computes what is little, and nothing that is not.
func TestWhatIsFolded(t *testing.T) {
	long := `"` + strings.Repeat("x", 2*maxFolded) + `"`
	for src, folded := range map[string]bool{
		"2 ** 10 + 1":                 true,
		`upper("a") + "b"`:            true,
		"len(1..16000000)":            false,
		`len(repeat("x", 200000000))`: false,
		"upper(" + long + ")":         false,
		long:                          true, // it is there already
	} {
		e, err := CompileExpr(src, testScope())
		if err != nil {
			t.Fatal(err)
		}
		if _, got := e.Const(); got != folded {
			t.Errorf("%.40s: folded is %v, want %v", src, got, folded)
		}
	}
}

// TestFloatOverflow holds the operators, one by one and over columns.
func TestFloatOverflow(t *testing.T) {
	scope, env := testScope(), testEnv()
	const overflow = "error: float overflow: the result does not fit into 64 bits"
	for src, want := range map[string]string{
		"1e308 * 10": overflow, "-1e308 - 1e308": overflow, "1e308 + 1e308": overflow, "1e308 / 0.1": overflow, "10.0 ** 400": overflow,
		"div(1e308, 0.1)": overflow, "sum([1e308, 1e308])": overflow, "mean([1e308, 1e308])": overflow, "pow(10.0, 400)": overflow,
		"2 ** -5000": "0.0", "median([1e308, 1.2e308])": "1.1e+308", `float("inf") * 2`: "Infinity", `float("inf") - float("inf")`: "NaN",
		"(-8) ** 0.5": "error: a negative number to the power of a fraction is no number", "(0 - 8.0) ** 2": "64.0",
		`float("nan") ** 2`: "NaN",
	} {
		if got := resultText(src, scope, env); got != want {
			t.Errorf("%s gives %s, want %s", src, got, want)
		}
	}
	for _, src := range []string{"item * 10.0", "item + item", "item - -item", "item / 0.1"} {
		e, err := CompileExpr(src, scope)
		if err != nil {
			t.Fatal(err)
		}
		loop, ok := e.ColumnLoop(Floats)
		if !ok {
			t.Fatalf("%s has no loop", src)
		}
		var out Column
		if !loop.Map(env, &Column{Kind: Floats, Floats: []float64{1, -1e300, 3}}, &out) || out.Len() != 3 {
			t.Errorf("%s gave up on finite results", src)
		}
		for _, bad := range []float64{1.7e308, -1.7e308} {
			if loop.Map(env, &Column{Kind: Floats, Floats: []float64{1, bad, 3}}, &out) {
				t.Errorf("%s of %g gave a result", src, bad)
			}
		}
	}
}
