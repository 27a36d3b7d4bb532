/* barrier.pml: three parties, tickets, numbered waits; with -DACTION the one that leads runs an action and trips.
 * Each worker arrives once. Under the inner lock: repair, row (number of the wait | ticket |
 * place), count; the last, or whoever repairs, ends the generation. A replacement that arrives for the same wait finds its row. With -DSHRINK
 * worker 2 may be given up when it dies: its row is forgotten, there is one party less, and the least of those who wait leads.
 * Invariant: nobody passes before all have arrived (or are given up); at most one leads at a time; everybody ends.
 * Wrong variants: -DNEW_WAIT      a replacement arrives as somebody new: it is counted twice
 *                 -DNO_DIRTY      a death does not make the count doubtful
 *                 -DSTALE_COUNT   the count decides, and not the rows: a given up worker counts as arrived and as gone (with SHRINK)
 *                 -DFIXED_LEADER  only the last of all parties leads (with ACTION and SHRINK): nobody does when it is given up
 */
#ifndef KILLS
#define KILLS 2
#endif
#define M 3
byte lk, gen, count, parties=3, row[M], place[M], kills, leading; bit dirty, came[M], kill[M], zombie[M], fin[M], gone;
#define HERE ((row[0]==gen+1)+(row[1]==gen+1)+(row[2]==gen+1))
inline trip() { atomic { gen++ }; count=0 }
inline open() {
#ifdef ACTION
  skip
#else
#ifdef STALE_COUNT
  if :: count>=parties -> trip() :: else fi
#else
  n=parties; if :: count>=n && HERE>=n -> trip() :: else fi; n=0
#endif
#endif
}
inline repair() { if :: dirty -> dirty=0; atomic { n=HERE }; count=n; n=0; open() :: else fi }
inline take() { atomic { lk==0 -> lk=s+1 }; repair() }
#define AT(i) (row[i]==1)
#ifdef FIXED_LEADER
#define LEADS (AT(s) && gen==0 && place[s]==0)
#else
#ifdef STALE_COUNT
#define COMPLETE (count>=parties)
#else
#define COMPLETE (count>=parties && HERE>=parties)
#endif
#define LEADS (AT(s) && gen==0 && (place[s]==0 || COMPLETE && !(AT(0) && place[0]<place[s]) && !(AT(1) && place[1]<place[s]) && !(AT(2) && place[2]<place[s])))
#endif
proctype worker(byte s) {
  byte n;
reborn:
  { take();
#ifdef NEW_WAIT
    if :: gen==0 ->
       if :: row[s]!=0 -> atomic { row[s]=0; count++ } :: else fi;
#else
    if :: row[s]!=0 -> skip
       :: else ->
#endif
       n=parties;
#ifndef STALE_COUNT
       if :: count+1>=n -> count=HERE :: else fi;
#endif
       place[s]=(n>count+1 -> n-1-count : 0); n=0;
       atomic { row[s]=gen+1; came[s]=1 };
       count++;
       open()
    fi;
    lk=0;
waits: skip;
#ifdef ACTION
    (gen>=1 || dirty || LEADS);
    take();
    if :: LEADS -> place[s]=0; lk=0;
          atomic { leading++; assert(leading==1) };                 /* the action */
          atomic { leading-- };
          take(); if :: gen==0 -> trip() :: else fi; lk=0
       :: else -> lk=0 fi;
#else
    (gen>=1 || dirty);
    take(); lk=0;
#endif
    if :: gen==0 -> goto waits :: else fi;
    assert(came[0] && came[1] && (came[2] || gone))
  } unless { kill[s] };
  if :: kill[s] -> atomic { kill[s]=0; n=0; zombie[s]=1 }; atomic { !zombie[s] }; if :: fin[s] -> skip :: else -> goto reborn fi
     :: else -> fin[s]=1 fi
}
active proctype killer() {
end: do
  :: atomic { kills<KILLS && !zombie[0] && !kill[0] && !fin[0] && !leading -> kill[0]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[1] && !kill[1] && !fin[1] && !leading -> kill[1]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[2] && !kill[2] && !fin[2] && !leading -> kill[2]=1; kills++ }
  od
}
active proctype supervisor() {
  byte s; bit again, up;
  atomic { run worker(0); run worker(1); run worker(2) };
  do
  :: atomic { zombie[0] -> s=0 }; goto rec
  :: atomic { zombie[1] -> s=1 }; goto rec
  :: atomic { zombie[2] -> s=2 }; goto rec
  :: fin[0] && fin[1] && fin[2] -> break
  :: false ->
rec: again=0; up=0;
#ifdef SHRINK
     if :: s==2 -> up=1 :: skip fi;
#endif
recagain: skip;
#ifndef NO_DIRTY
     dirty=1;
#endif
     if :: !again -> again=1; goto recagain :: skip fi;
     atomic { if :: lk==s+1 -> lk=0 :: else fi };
     if :: up -> atomic { if :: gen==0 -> row[2]=0 :: else fi }; atomic { dirty=1; gone=1; fin[2]=1 }; parties=2; dirty=1 :: else fi;
     if :: !again -> again=1; goto recagain :: skip fi;
     atomic { zombie[s]=0; s=0; again=0; up=0 }
  od
}
