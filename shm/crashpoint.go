//go:build linux

package shm

// A point is a place where a worker may be killed by the crash-point sweep. Each names the step that has just been done.
type point uint8

const (
	pointNone point = iota
	pointLockArmed
	pointLockReleased
	pointLocked
	pointRepairClean
	pointRepairBuilt
	pointTouched
	pointLeft
	pointReserveUsed
	pointReserveFilling
	pointReserveCounted
	pointCancelFree
	pointCancelCounted
	pointLeaseLeased
	pointLeasePopped
	pointLeaseUnlocked
	pointAdoptLeased
	pointWaitRecorded
	pointWaitArmed
	pointWaitUnlocked
	pointWaitSlept
	pointCommitSpilled
	pointCommitLogged
	pointCommitHeader
	pointCommitEntries
	pointCommitCommitted
	pointPublishSequence
	pointPublishReady
	pointPublishPushed
	pointPublishUnlocked
	pointCommitPublished
	pointInputStored
	pointReleasePunched
	pointReleaseFree
	pointReleaseMapped
	pointReleaseWoken
	pointCommitInput
	pointCommitInputs
	pointCommitIdle
	pointCommitTrimmed
	pointLimitTaken
	pointCommitEffects
	pointLockTaken
	pointAdoptLocked
	pointPrimitiveLocked
	pointSemaphoreCounted
	pointConditionTicket
	pointBarrierPlaced
	pointBarrierArrived
	pointBarrierTripped
	pointBarrierBroken
	pointBarrierDeserted
	pointEffectLocked
	pointEffectsStaged
	pointEffectsLogged
	pointEffectStored
	pointEffectUnlocked
	pointRewritten
	pointStripePart
	pointEnd

	firstPrimitivePoint = pointCommitEffects // from here on the points of queues alone are never passed
)

var pointNames = [pointEnd]string{
	pointNone:             "none",
	pointLockArmed:        "lock.1.armed",
	pointLockReleased:     "lock.2.released",
	pointLocked:           "queue.1.locked",
	pointRepairClean:      "repair.1.clean",
	pointRepairBuilt:      "repair.2.built",
	pointTouched:          "touch.1.marked",
	pointLeft:             "leave.1.queue",
	pointReserveUsed:      "reserve.1.used",
	pointReserveFilling:   "reserve.2.filling",
	pointReserveCounted:   "reserve.3.counted",
	pointCancelFree:       "cancel.1.free",
	pointCancelCounted:    "cancel.2.counted",
	pointLeaseLeased:      "lease.1.leased",
	pointLeasePopped:      "lease.2.popped",
	pointLeaseUnlocked:    "lease.3.unlocked",
	pointAdoptLeased:      "adopt.1.leased",
	pointWaitRecorded:     "wait.1.recorded",
	pointWaitArmed:        "wait.2.armed",
	pointWaitUnlocked:     "wait.3.unlocked",
	pointWaitSlept:        "wait.4.slept",
	pointCommitSpilled:    "commit.1.spilled",
	pointCommitLogged:     "commit.1.logged",
	pointCommitHeader:     "commit.2.header",
	pointCommitEntries:    "commit.2.entries",
	pointCommitCommitted:  "commit.3.committed",
	pointPublishSequence:  "publish.1.sequence",
	pointPublishReady:     "publish.2.ready",
	pointPublishPushed:    "publish.3.pushed",
	pointPublishUnlocked:  "publish.4.unlocked",
	pointCommitPublished:  "commit.5.published",
	pointInputStored:      "advance.1.stored",
	pointReleasePunched:   "release.1.punched",
	pointReleaseFree:      "release.2.free",
	pointReleaseMapped:    "release.3.mapped",
	pointReleaseWoken:     "release.4.woken",
	pointCommitInput:      "commit.6.input",
	pointCommitInputs:     "commit.6.inputs",
	pointCommitIdle:       "commit.7.idle",
	pointCommitTrimmed:    "commit.8.trimmed",
	pointLimitTaken:       "limit.1.taken",
	pointCommitEffects:    "commit.4.effects",
	pointLockTaken:        "acquire.1.taken",
	pointAdoptLocked:      "adopt.2.locked",
	pointPrimitiveLocked:  "primitive.1.locked",
	pointSemaphoreCounted: "semaphore.1.counted",
	pointConditionTicket:  "condition.1.ticket",
	pointBarrierPlaced:    "barrier.1.placed",
	pointBarrierArrived:   "barrier.2.arrived",
	pointBarrierTripped:   "barrier.3.tripped",
	pointBarrierBroken:    "barrier.4.broken",
	pointBarrierDeserted:  "barrier.5.deserted",
	pointEffectLocked:     "effect.1.locked",
	pointEffectsStaged:    "effect.2.staged",
	pointEffectsLogged:    "effect.2.logged",
	pointEffectStored:     "effect.3.stored",
	pointEffectUnlocked:   "effect.4.unlocked",
	pointRewritten:        "rewrite.1.written",
	pointStripePart:       "rewrite.2.copied",
}

func (p point) String() string {
	if p < pointEnd {
		return pointNames[p]
	}
	return "unknown point"
}
