package planner

import (
	"testing"

	"github.com/mprun/mprun/shm"
)

// TestLimitsFitMemory holds the limits to those of the shared memory: what the planner lets through can be created.
func TestLimitsFitMemory(t *testing.T) {
	if maxCapacity != shm.MaxCapacity || maxDeliveries != shm.MaxTries-1 || maxQueues != shm.MaxQueues-1 || maxWorkers >= shm.MaxSlots || maxLimits != shm.MaxLimits || maxPrimitives != shm.MaxPrimitives || maxSegments != shm.MaxSegments {
		t.Errorf("limits differ from shm's: capacity %d, deliveries %d, queues %d, workers %d, limits %d, primitives %d", maxCapacity, maxDeliveries, maxQueues, maxWorkers, maxLimits, maxPrimitives)
	}
	for _, test := range []struct {
		config shm.QueueConfig
		fits   bool
	}{
		{shm.QueueConfig{Capacity: 1, MaxItem: maxItem, MaxDeliveries: maxDeliveries}, true},
		{shm.QueueConfig{Capacity: 1, MaxItem: maxItem + 1}, false},
		{shm.QueueConfig{Capacity: 1, MaxDeliveries: maxDeliveries + 1}, false},
	} {
		arena, err := shm.Create(shm.Config{Slots: 2, Queues: []shm.QueueConfig{test.config}})
		if (err == nil) != test.fits {
			t.Errorf("%+v: %v", test.config, err)
		}
		if err == nil {
			arena.Close()
		}
	}
	if mostPlaces != shm.MaxInputs || mostListeners > shm.MaxOutputs/2 {
		t.Errorf("limits do not fit shm's: %d places, %d listeners", mostPlaces, mostListeners)
	}
}
