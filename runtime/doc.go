// Package runtime makes a plan happen: the supervisor with its process table, the workers that run chains, and the guardian that
// cleans up when the supervisor is killed.
//
// # Who owns what
//
//   - [Run] makes a supervisor. Its loop is one goroutine that owns the process table and every decision; reaper, timers, the outlet
//     and signals send it events.
//   - A worker is this same binary, started by the supervisor through /proc/self/exe: [WorkerMain]. It owns its chain (package stages) and its
//     slot of the arena (package shm). What it changes becomes visible only with a commit.
//   - A carrier is such a process too, but runs replicas that it is handed over a socket: the threads of start_method: thread, or one
//     that a worker in reserve takes over (forkserver).
//   - The outlet is one more queue, read by the supervisor: standard output, files, results and log lines, each exactly once.
//   - The guardian, [GuardianMain], knows the supervisor's programs and temporary files and outlives it for as long as it takes to remove them.
//
// # When something dies
//
//   - A worker, anywhere: reaped by its pidfd after its process group was killed; its slot is recovered (what it had committed is
//     completed, what it had in hand goes back); the restart policy, by default, replaces it at once, and the replacement goes on from
//     the last commit.
//   - A program of a chain: an error of the item (exec) or of the stage (through); the interpreter of a Python function is replaced.
//   - The supervisor: workers go by PR_SET_PDEATHSIG, the rest by the guardian. The arena has no name and goes with its last user.
//   - The guardian: nothing, unless the supervisor is killed as well.
//
// Nothing here prints or parses YAML. The package is Linux only.
package runtime
