/* kept.pml: a lock of the spec that a commit keeps over a death, and that the replacement adopts.
 * Each worker, ROUNDS times: takes the lock; first commit: what the cell has goes to its state, and the header names the lock; second commit:
 * cell = state + 1, and the header does not name it; then the lock is freed. Two headers, chosen by the last bit of the sequence. A commit is
 * one step here (effects.pml has what is inside). Recovery frees a lock that the header in force does not name; the replacement makes the
 * other its own epoch's.
 * Invariant: a kept lock names its slot when it is adopted; at the end the cell is the number of rounds, and nobody holds the lock.
 * Wrong variants: -DFREE_KEPT       recovery frees what the header names
 *                 -DONE_HEADER      names are written in place, before the store that commits
 *                 -DUNLOCK_FIRST    the lock is freed before the store that commits
 *                 -DRELEASE_BESIDE  a kept lock is freed without a commit (Lock.Release gives ErrKept)
 *                 -DADOPT_BLIND     the replacement goes on without making the lock its own: its release frees nothing
 */
#ifndef KILLS
#define KILLS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#define TAG(s) ((s)+1+8*epoch[s])
#define SLOT(w) ((w)&7)
#define CUR(s) (2*(s)+(seq[s]&1))
#ifdef ONE_HEADER
#define NEXT(s) CUR(s)
#else
#define NEXT(s) (2*(s)+((seq[s]+1)&1))
#endif
byte lk, cell, seq[2], state[4], epoch[2], kills; bit names[4], kill[2], zombie[2], fin[2];
proctype worker(byte s) {
  byte w;
reborn:
  { if
    :: names[CUR(s)] ->
       assert(SLOT(lk)==s+1);
#ifndef ADOPT_BLIND
       lk=TAG(s);
#endif
       goto second
    :: else
    fi;
    do
    :: seq[s]==2*ROUNDS -> break
    :: else ->
       atomic { lk==0 -> lk=TAG(s) };
       names[NEXT(s)]=1; state[NEXT(s)]=cell;
       seq[s]++;
second:
#ifdef RELEASE_BESIDE
       atomic { lk=0 }; atomic { lk==0 -> lk=TAG(s) };
#endif
       w=NEXT(s); names[w]=0;
#ifdef UNLOCK_FIRST
       atomic { if :: lk==TAG(s) -> lk=0 :: else fi };
#endif
       w=state[CUR(s)]+1;
       atomic { cell=w; seq[s]++; w=0 };
       atomic { if :: lk==TAG(s) -> lk=0 :: else fi }
    od } unless { kill[s] };
  if :: kill[s] -> atomic { kill[s]=0; w=0; zombie[s]=1 }; atomic { !zombie[s] }; goto reborn
     :: else -> fin[s]=1 fi
}
active proctype killer() {
end: do
  :: atomic { kills<KILLS && !zombie[0] && !kill[0] && !fin[0] -> kill[0]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[1] && !kill[1] && !fin[1] -> kill[1]=1; kills++ }
  od
}
active proctype supervisor() {
  byte s; bit again;
  atomic { run worker(0); run worker(1) };
  do
  :: atomic { zombie[0] -> s=0 }; goto rec
  :: atomic { zombie[1] -> s=1 }; goto rec
  :: fin[0] && fin[1] -> break
  :: false ->
rec: again=0;
recagain: skip;
#ifdef FREE_KEPT
     atomic { if :: SLOT(lk)==s+1 -> lk=0 :: else fi };
#else
     if :: !names[CUR(s)] -> atomic { if :: SLOT(lk)==s+1 -> lk=0 :: else fi } :: else fi;
#endif
     if :: !again -> again=1; goto recagain :: skip fi;
     atomic { epoch[s]++; zombie[s]=0; s=0; again=0 }
  od;
  assert(cell==2*ROUNDS && lk==0)
}
