package stages

import "fmt"

// An expression in a stage may take what it takes: it is the worker's time and memory. One that is evaluated when the plan is made, as
// `replicas: ${{ ... }}`, keeps everybody waiting, an editor too: Env.Budget bounds it. And what an expression has of constants is
// computed when it is compiled, but no more than is small.

const (
	// maxList bounds the lists that .. and concat() make, in elements.
	maxList = 1 << 24
	// maxText bounds the texts that +, repeat(), replace() and join() make, in bytes.
	maxText = 1 << 28
	// maxFolded bounds the constants that are computed with before the run, in bytes.
	maxFolded = 4 << 10
)

// spend takes n steps out of the budget: elements that a closure runs for, or that a function makes. The budget of an Env without one is
// endless.
func (env *Env) spend(n, at int) error {
	if env == nil || env.Budget == 0 {
		return nil
	}
	if env.spent += n; env.spent > env.Budget {
		return &ExprError{Offset: at, Msg: fmt.Sprintf("the value takes more than %d steps to compute", env.Budget), Hint: "compute it in a stage"}
	}
	return nil
}

// steps is what a value costs a budget.
func steps(v any) int {
	switch v := v.(type) {
	case []any:
		return 1 + len(v)
	case string:
		return 1 + len(v)/16
	}
	return 1
}

// textOfSize refuses a text that would be too long.
func textOfSize(what string, bytes int) error {
	if bytes > maxText {
		return fmt.Errorf("%s makes at most %d bytes", what, maxText)
	}
	return nil
}

// fold computes before the run what is the same for every item, where it is little. An error is left for the run: the node may never be
// reached.
func fold(got code, operands ...code) code {
	for _, o := range operands {
		if s, ok := o.val.(string); !o.isConst || ok && len(s) > maxFolded {
			return got
		}
	}
	v, err := got.run(nil)
	if err != nil || KindOf(v)&(KindList|KindMap|KindBytes) != 0 {
		return got
	}
	return constant(v)
}
