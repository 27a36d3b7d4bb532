package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// streaming is how long an endless stream runs before its worker is weighed.
const streaming = 3 * time.Second

// memoryOfMprun is the most that any worker of an endless stream has had resident, in MiB.
func memoryOfMprun(l *lab) (float64, error) {
	return endless([]string{l.mprun, filepath.Join(l.dir, "endless.yaml")}, func(pid int, lines *bufio.Scanner) (float64, error) {
		end := time.Now().Add(time.Duration(float64(streaming) * l.scale))
		for lines.Scan() && time.Now().Before(end) {
		}
		return heaviestWorker(pid)
	})
}

// endless starts a run without end, measures something of it by its process and the lines that it prints, and interrupts it.
func endless(words []string, measure func(pid int, lines *bufio.Scanner) (float64, error)) (float64, error) {
	cmd := exec.Command(words[0], words[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(out)
	got, err := measure(cmd.Process.Pid, lines)
	if sent := cmd.Process.Signal(syscall.SIGINT); err == nil {
		err = sent
	}
	for lines.Scan() { // lets it end
	}
	var exit *exec.ExitError
	if ended := cmd.Wait(); err == nil && !errors.As(ended, &exit) {
		err = fmt.Errorf("the run has ended by itself: %v", ended)
	}
	return got, err
}

// heaviestWorker is the largest peak among the workers that a process has started.
func heaviestWorker(parent int) (float64, error) {
	most := 0.0
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		args, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if words := strings.Split(string(args), "\x00"); err != nil || len(words) < 2 || words[1] != "worker" {
			continue
		}
		peak, err := peakMemory(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return 0, err
		}
		most = max(most, peak)
	}
	if most == 0 {
		return 0, errors.New("no worker is running")
	}
	return most, nil
}

// peakMemory is the most that a process has had resident, shared memory and program text included: VmHWM of proc_pid_status(5), in MiB.
func peakMemory(pid string) (float64, error) {
	status, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("process %s has no VmHWM", pid)
}

// memoryOfPython is the same of a worker of multiprocessing.
func memoryOfPython(l *lab) (float64, error) {
	words := l.peer("endless")
	cmd := exec.Command(words[0], words[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	pid, err := bufio.NewReader(out).ReadString('\n')
	var peak float64
	if err == nil {
		time.Sleep(time.Duration(float64(streaming) * l.scale))
		peak, err = peakMemory(strings.TrimSpace(pid))
	}
	if killed := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err == nil {
		err = killed
	}
	_ = cmd.Wait() // it was killed
	return peak, err
}

// memoryOfGo is what a Go program needs that does nothing but wait.
func memoryOfGo(l *lab) (float64, error) {
	source, program := filepath.Join(l.dir, "nothing.go"), filepath.Join(l.dir, "nothing")
	if err := os.WriteFile(source, []byte(nothing), 0o600); err != nil {
		return 0, err
	}
	if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building an empty program: %w\n%s", err, out)
	}
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	var peak float64
	if _, err = out.Read(make([]byte, 1)); err == nil {
		peak, err = peakMemory(strconv.Itoa(cmd.Process.Pid))
	}
	if closed := in.Close(); err == nil {
		err = closed
	}
	if ended := cmd.Wait(); err == nil {
		err = ended
	}
	return peak, err
}

// nothing is a program that says that it is there and waits.
const nothing = `package main

import "os"

func main() {
	os.Stdout.Write([]byte{'.'})
	os.Stdin.Read(make([]byte, 1))
}
`
