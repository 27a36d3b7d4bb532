// Package live is how other commands reach a run that is under way: the run's folder, the socket in it, and what is said over that.
//
// # The folder
//
//	$XDG_RUNTIME_DIR/mprun/ID/      or /tmp/mprun-UID/ID/ where that is not set or not there; mode 0700 all of them
//	    run.json                    an Info; the supervisor holds a lock on it (flock(2)) for as long as it lives
//	    socket                      a stream socket; who connects must be the same user, or root (SO_PEERCRED, unix(7))
//
// The run removes its folder when it ends; if it is killed its guardian does. What is left all the same is known by its lock, which nobody holds
// any more, and is removed by whoever next makes or lists folders. Both happen under a lock on the folder around, so that a folder that is
// being made is never taken for one that was left.
//
// # The protocol
//
// One connection is one call. All that is said is JSON, an object a line:
//
//	client: {"call":"why","args":{...}}
//	server: {"reply":...}            any number of them: a call may go on for as long as the client listens
//	server: {"reply":...,"files":2}  descriptors come with that line (SCM_RIGHTS, unix(7)), in this order
//	server: {"end":true}             or {"error":"what is wrong"}: the last line
//
// A client that hangs up ends the call. Calls have names of their own and know what their arguments and replies are: see package runtime for those
// that a supervisor answers.
package live
