package stages

import (
	"context"
	"errors"
	"testing"
)

// TestAnyWaiter: the first that comes back decides, and none is left waiting.
func TestAnyWaiter(t *testing.T) {
	left := make(chan bool, 2)
	forever := WaitFunc(func(ctx context.Context) error {
		<-ctx.Done()
		left <- IsBeside(ctx)
		return ctx.Err()
	})
	failure := errors.New("broken")
	for _, want := range []error{nil, failure} {
		at := WaitFunc(func(context.Context) error { return want })
		if err := (AnyWaiter{forever, at, forever}).Wait(context.Background()); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		if len(left) != 2 || !<-left || !<-left {
			t.Error("a wait goes on, or does not know of the others")
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := (AnyWaiter{forever}).Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if IsBeside(context.Background()) {
		t.Error("a wait by itself is beside another")
	}
}
