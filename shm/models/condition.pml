/* condition.pml: numbered waits. Two workers each take one of two tokens; a third puts one and notifies one, twice.
 * A worker under the lock, while there is no token: Enter (ticket, number | waiting), commit (number as committed) and release, wait, lock, Leave.
 * The notifier under the lock: chooses the least ticket that waits, COMMITTED (the token is there), swaps waiting -> notified, frees the lock.
 * Recovery: the committed notification, then the wait that was not committed is undone, then the lock. With -DABANDON the first worker is not
 * replaced but given up, and there is one token: whoever was notified and did not go on lets all others go on.
 * Invariant: everybody ends: no worker waits while a token is there.
 * Wrong variants: -DNO_UNDO       a wait that was not committed stays in its row, and takes a notification
 *                 -DFORGET_STORE  an abandoned slot's wait is ended by a store: a notification between look and store is lost (with ABANDON)
 *                 -DFORGET_LEFT   who went on and had not committed that is not told of (with ABANDON)
 *                 -DNO_PASS_ON    the notifier's swap fails because the chosen one was given up, and nobody is told (with ABANDON)
 *                 -DNEW_NUMBER    a replacement begins a new wait instead of finding its own, which was notified
 */
#ifndef KILLS
#define KILLS 2
#endif
#ifdef ABANDON
#define PUTS 1
#else
#define PUTS 2
#endif
#define LEFT 0
#define WAITING 1
#define NOTIFIED 2
#define GONE 3
byte lk, tokens, put, ticket, num[2], st[2], tk[2], com[2], kills, pick=9; bit in[2], committed, kill[3], zombie[3], fin[3], lost;
inline take() { atomic { lk==0 -> lk=s+1 } }
inline notifyAll() { atomic { if :: st[0]==WAITING -> st[0]=NOTIFIED :: else fi; if :: st[1]==WAITING -> st[1]=NOTIFIED :: else fi } }
proctype waiter(byte s) {
reborn:
  {
#ifdef NEW_NUMBER
    if :: in[s] -> in[s]=0; take(); goto enters :: else fi;
#endif
    if :: in[s] -> goto waits :: else fi;
    take();
looks: do
    :: tokens>0 -> break
    :: else ->
enters: ticket++; tk[s]=ticket; atomic { num[s]=com[s]+1; st[s]=WAITING };     /* Enter */
       atomic { com[s]=num[s]; in[s]=1 }; lk=0;                               /* commit, release */
waits: if :: st[s]!=WAITING
          :: PUTS==1 && fin[1-s] -> in[s]=0; goto leaves                      /* the only token is taken */
          fi;
       take();
       st[s]=LEFT
    od;
    atomic { tokens--; in[s]=0; fin[s]=1 }; lk=0;                             /* commit, release */
leaves: fin[s]=1
  } unless { kill[s] };
  if :: kill[s] -> atomic { kill[s]=0; zombie[s]=1 };
#ifdef ABANDON
       if :: s==0 -> goto over :: else fi;
#endif
       atomic { !zombie[s] };
       if :: fin[s] -> skip :: else -> goto reborn fi
     :: else fi;
over: skip
}
inline carryOut() {
  if :: pick<2 -> atomic { if :: st[pick]==WAITING && num[pick]==pickn -> st[pick]=NOTIFIED
#ifndef NO_PASS_ON
                            :: st[pick]!=WAITING && (num[pick]<pickn || num[pick]==pickn && st[pick]==GONE) -> notifyAll()
#endif
                            :: else fi }
     :: else fi
}
byte pickn;
proctype notifier() {
  byte s=2;
reborn:
  { do
    :: put==PUTS -> break
    :: else ->
       take();
       atomic { pick=9;
         if :: st[0]==WAITING && (st[1]!=WAITING || tk[0]<tk[1]) -> pick=0; pickn=num[0]
            :: st[1]==WAITING && (st[0]!=WAITING || tk[1]<tk[0]) -> pick=1; pickn=num[1]
            :: else fi };
       atomic { committed=1; tokens++; put++ };
       carryOut();
       committed=0; lk=0
    od } unless { kill[2] };
  if :: kill[2] -> atomic { kill[2]=0; zombie[2]=1 }; atomic { !zombie[2] }; goto reborn
     :: else -> fin[2]=1 fi
}
active proctype killer() {
end: do
  :: atomic { kills<KILLS && !zombie[0] && !kill[0] && !fin[0] && !lost -> kill[0]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[1] && !kill[1] && !fin[1] -> kill[1]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[2] && !kill[2] && !fin[2] -> kill[2]=1; kills++ }
  od
}
inline finish(n, state) {
#ifdef FORGET_STORE
  w=st[s]; if :: w==NOTIFIED -> notifyAll() :: else fi; atomic { st[s]=state; num[s]=n }
#else
  do :: w=st[s]; if :: w==NOTIFIED -> notifyAll() :: else fi;
        atomic { if :: st[s]==w || (w==NOTIFIED && st[s]==NOTIFIED) -> st[s]=state; num[s]=n; w=9 :: else fi };
        if :: w==9 -> w=0; break :: else fi od
#endif
}
active proctype supervisor() {
  byte s, w; bit again;
  atomic { run waiter(0); run waiter(1); run notifier() };
  do
  :: atomic { zombie[0] -> s=0 }; goto rec
  :: atomic { zombie[1] -> s=1 }; goto rec
  :: atomic { zombie[2] -> s=2 }; goto rec
  :: (fin[0] || lost) && fin[1] && fin[2] -> break
  :: false ->
rec: again=0;
recagain: skip;
     if :: s==2 && committed -> carryOut(); if :: !again -> again=1; goto recagain :: skip fi; committed=0 :: else fi;
#ifndef NO_UNDO
     if :: s<2 && num[s]!=com[s] -> finish(com[s], LEFT) :: else fi;
#endif
     if :: !again -> again=1; goto recagain :: skip fi;
     atomic { if :: lk==s+1 -> lk=0 :: else fi };
#ifdef ABANDON
     if :: s==0 ->
           if :: st[0]!=LEFT -> finish(num[0], GONE)
#ifndef FORGET_LEFT
              :: st[0]==LEFT && in[0] -> notifyAll(); st[0]=GONE
#endif
              :: else fi;
           lost=1
        :: else fi;
#endif
     atomic { zombie[s]=0; s=0; w=0; again=0 }
  od;
}
