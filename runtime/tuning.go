package runtime

import (
	"os"
	"strings"
)

// A worker's Go runtime is told by its environment what it is to be like, before any code of ours has run: to change it later stops the
// world, which takes a tenth of a short worker's life. The chain and its programs must see nothing of that: the handoff has what the
// variables are to be (handoff.Tuned), and the worker puts it back before it looks at its environment.
//
//	GOMAXPROCS=1           a chain is one goroutine, and the run's workers share the cores: more threads would only help the garbage
//	                       collector to be in the way of the other workers
//	GOGC                   keeps the heap of a worker on an endless stream at 3.4 MiB, where Go's default would let it grow to 4 MiB,
//	                       whatever it needs: the worker stays about 15 MiB in all. Less costs time: texts through a queue are garbage by the
//	                       block. One that the user has set stands.
//	GODEBUG                containermaxprocs=0: it need not look in /proc for the limits of its control group
const (
	workerProcs = "1"
	workerGOGC  = "85"
	workerDebug = "containermaxprocs=0"
)

// tunedNames are the variables that tune sets.
var tunedNames = [...]string{"GOMAXPROCS", "GOGC", "GODEBUG"}

// tune gives the environment that a worker starts with, and what the tuned variables are to be for its chain. One that has several chains as
// threads keeps its cores.
func tune(env []string, threads bool) (tuned, own []string) {
	values := map[string]string{"GOGC": workerGOGC, "GODEBUG": workerDebug}
	if !threads {
		values["GOMAXPROCS"] = workerProcs
	}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		ours, ok := values[name]
		if ok || name == "GOMAXPROCS" {
			own = append(own, entry)
		}
		switch {
		case !ok || name == "GOGC" && value != "":
			tuned = append(tuned, entry)
			delete(values, name)
		case name == "GODEBUG" && value != "":
			values[name] = value + "," + ours
		}
	}
	for _, name := range tunedNames {
		if value, ok := values[name]; ok {
			tuned = append(tuned, name+"="+value)
		}
	}
	return tuned, own
}

// untune makes the environment what it would be without tune.
func untune(own []string) error {
	for _, name := range tunedNames {
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	for _, entry := range own {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}
