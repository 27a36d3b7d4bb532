/* effects.pml: a commit that changes two things under their inner locks.
 * Each worker, ROUNDS times: adds 1 to cells 0 and 1 in one commit. Inner locks in order, what will be there in absolute numbers, the one
 * store that decides, the cells, the locks, IDLE. Recovery stores what belongs to a lock that still names the dead, then IDLE, then frees the
 * locks; it may be interrupted and run again. Waits for locks block: lock.pml shows that no wake-up is lost.
 * Invariant: at the end each cell is the number of commits; no lock is held.
 * Wrong variants: -DREDO_ALWAYS   stores without looking at the lock: over what another has committed since
 *                 -DFREE_FIRST    recovery frees the locks before it stores
 *                 -DLOOK_FIRST    what will be there is computed before the locks are taken
 *                 -DUNLOCK_FIRST  the locks are freed before the cells are stored
 *                 -DIDLE_FIRST    recovery says IDLE before it stores
 *                 -DLOG_LATE      the log, which is mapped, is written behind the store that decides
 */
#ifndef KILLS
#define KILLS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
byte cell[2], lk[2], image[4], seq[2], kills; bit committed[2], kill[2], zombie[2], fin[2];
inline take(u) { atomic { lk[u]==0 -> lk[u]=s+1 } }
inline look() { image[2*s]=cell[0]+1; image[2*s+1]=cell[1]+1 }
proctype worker(byte s) {
reborn:
  { do
    :: seq[s]==ROUNDS -> break
    :: else ->
#ifdef LOOK_FIRST
       look(); take(0); take(1);
#else
       take(0); take(1);
#ifndef LOG_LATE
       look();
#endif
#endif
       atomic { committed[s]=1; seq[s]++ };
#ifdef LOG_LATE
       look();
#endif
#ifdef UNLOCK_FIRST
       lk[0]=0; lk[1]=0; cell[0]=image[2*s]; cell[1]=image[2*s+1];
#else
       cell[0]=image[2*s]; cell[1]=image[2*s+1]; lk[0]=0; lk[1]=0;
#endif
       committed[s]=0
    od } unless { kill[s] };
  if :: kill[s] -> atomic { kill[s]=0; zombie[s]=1 }; atomic { !zombie[s] }; goto reborn
     :: else -> fin[s]=1 fi
}
active proctype killer() {
end: do
  :: atomic { kills<KILLS && !zombie[0] && !kill[0] && !fin[0] -> kill[0]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[1] && !kill[1] && !fin[1] -> kill[1]=1; kills++ }
  od
}
inline free(u) { atomic { if :: lk[u]==s+1 -> lk[u]=0 :: else fi } }
#ifdef REDO_ALWAYS
#define REDO(u) true
#else
#define REDO(u) (lk[u]==s+1)
#endif
active proctype supervisor() {
  byte s, u; bit again;
  atomic { run worker(0); run worker(1) };
  do
  :: atomic { zombie[0] -> s=0 }; goto rec
  :: atomic { zombie[1] -> s=1 }; goto rec
  :: fin[0] && fin[1] -> break
  :: false ->
rec: again=0;
recagain: skip;
#ifdef FREE_FIRST
     free(0); free(1);
#endif
     if :: committed[s] ->
#ifdef IDLE_FIRST
           committed[s]=0;
           if :: !again -> again=1; goto recagain :: skip fi;
#endif
           u=0;
           do :: u<2 -> if :: REDO(u) -> cell[u]=image[2*s+u] :: else fi; u++;
                 if :: !again -> again=1; goto recagain :: skip fi
              :: else -> u=0; break od;
           committed[s]=0
        :: else fi;
     if :: !again -> again=1; goto recagain :: skip fi;
     free(0);
     if :: !again -> again=1; goto recagain :: skip fi;
     free(1);
     atomic { zombie[s]=0; s=0; again=0; u=0 }
  od;
  assert(cell[0]==2*ROUNDS && cell[1]==2*ROUNDS && lk[0]==0 && lk[1]==0)
}
