/* touched.pml: recovery looks only where the dead slot has been, and wakes only those who wait there.
 *
 * Two things, each with a lock, a count that readers wait for, and a word they sleep on. Two workers put to the thing of their number, in the order
 * of Slot.touch, Queue.lock, publish; then they end well (Leave) and are recovered, too, as is everybody who ends. A reader waits for each thing.
 * A kill hits between any two steps; its replacement does again what is not counted yet. Waits have no bound.
 * Checked: every reader gets its items (else it sleeps for ever: an invalid end state); no lock is kept; a death wakes nobody
 * elsewhere; an end well wakes nobody.
 * Wrong variants:
 *   -DMARK_LATE   the bit is set behind the lock: killed between, the lock is kept
 *   -DLEAVE_EARLY the bit is taken back before those are woken who wait
 *   -DCLEAR_FIRST recovery takes the bits back before it has done, and is interrupted
 */
#ifndef KILLS
#define KILLS 2
#endif
byte lk[2];           /* 0 free, else the owner's number + 1 */
byte cnt[2], R[2];    /* items; the readers' word, waiter bit last */
bit  asleep[2];       /* reader i sleeps on R[i] */
bit  mark[4];         /* of slot s and thing t: mark[2*s+t] */
bit  kill[2], zombie[2], well[2], put[2];
byte kills, fin, recovered;
byte seen[2];         /* ghost: how often reader t was woken by recovery */

inline wake(t) { atomic { asleep[t]=0 } }

proctype worker(byte s) {
  bit wk;
reborn:
  { if
    :: put[s] -> skip                                       /* done by an earlier life */
    :: else ->
#ifndef MARK_LATE
       mark[2*s+s]=1;
#endif
       atomic { lk[s]==0 -> lk[s]=s+1 };
#ifdef MARK_LATE
       mark[2*s+s]=1;
#endif
       atomic { put[s]=1; cnt[s]++ };                       /* READY: the commit decides here */
       atomic { wk=R[s]&1; if :: wk -> R[s]=(R[s]|1)+1 :: else fi };
       atomic { lk[s]=0 };
#ifdef LEAVE_EARLY
       mark[2*s+s]=0;
#endif
       if :: wk -> wake(s); wk=0 :: else fi
    fi;
#ifndef LEAVE_EARLY
    mark[2*s+s]=0;                                          /* Leave */
#endif
    atomic { well[s]=1 }
  } unless { kill[s] };
  if
  :: kill[s] -> atomic { kill[s]=0; wk=0; well[s]=0; zombie[s]=1 }; atomic { !zombie[s] }; goto reborn
  :: else -> atomic { zombie[s]=1 }; atomic { !zombie[s]; fin++ }
  fi
}

proctype reader(byte t) { byte v;
  do
  :: atomic { lk[t]==0 -> lk[t]=3 };                        /* readers are not killed: theirs is waitword.pml */
     if
     :: cnt[t]>0 -> atomic { cnt[t]--; lk[t]=0 }; break
     :: else -> atomic { R[t]=R[t]|1; v=R[t] };
        if
        :: cnt[t]>0 -> atomic { cnt[t]--; lk[t]=0 }; break  /* again, behind the bit: see Target.arm */
        :: else -> atomic { lk[t]=0 };
           atomic { if :: R[t]==v -> asleep[t]=1 :: else fi; v=0 }; atomic { !asleep[t] }
        fi
     fi
  od
}

active proctype killer() {
end: do
  :: atomic { kills<KILLS && !zombie[0] && !kill[0] && !well[0] -> kill[0]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[1] && !kill[1] && !well[1] -> kill[1]=1; kills++ }
  od
}

active proctype supervisor() { byte s, t; bit again, m;
  run worker(0); run worker(1); run reader(0); run reader(1);
  do
  :: atomic { zombie[0] -> s=0 }; goto rec
  :: atomic { zombie[1] -> s=1 }; goto rec
  :: fin==2 -> break;
  :: false ->
rec: again=0;
recagain:
     t=0;
     do
     :: t<2 ->
        m=mark[2*s+t];
#ifdef CLEAR_FIRST
        mark[2*s+t]=0;
        if :: again==0 -> again=1; goto recagain :: skip fi;
#endif
        if
        :: m -> atomic { assert(!well[s] || t==s); if :: lk[t]==s+1 -> lk[t]=0 :: else fi };
                atomic { assert(t==s && !well[s]); R[t]=(R[t]|1)+1; asleep[t]=0 }
        :: else
        fi;
        if :: again==0 -> again=1; goto recagain :: skip fi; /* interrupted, and run again */
        t++
     :: else -> break
     od;
     atomic { assert(lk[0]!=s+1 && lk[1]!=s+1); zombie[s]=0; s=0; t=0; again=0; m=0 }
  od;
  assert(lk[0]!=1 && lk[0]!=2 && lk[1]!=1 && lk[1]!=2)
}
