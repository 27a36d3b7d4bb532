/* commit.pml: the redo record, the state log and the leases that a commit keeps. Two worker slots run the same chain over one input table and one
 * output queue, each item in two commits (the chain is cut in the middle of the item, as before a stage that waits):
 *   lease an input (tries+1 in the same swap)
 *   first commit:  state += item; Continue: the lease stays with the slot            (header: log, length, resume, held)
 *   reserve an output block, fill it
 *   second commit: state += item; publish the output, release the input
 * The state is one of two logs, of which a length is committed. A commit appends behind the length, or writes the other log anew; which log and
 * how much of it stands in the header that the record's sequence chooses (two headers, the last bit of the sequence).
 * Kill anywhere, both may be dead at once; the supervisor recovers in any order, without locks, and may be interrupted and run again.
 * A replacement adopts: it makes a held lease its own epoch's, tries+1 in the same swap, and goes on with the second commit.
 * Invariant, checked at the end: each item is twice in the committed states and once in the output queue; no block lost, no lock kept;
 * no delivery counted that was not one.
 * Wrong variants (each must fail):
 *   -DSWEEP_FIRST    recovery frees FILLING and returns LEASED before it rolls the record forward
 *   -DSUP_LOCKS      the supervisor takes the output queue's lock to publish (of two dead, one may hold it)
 *   -DONE_HEADER     log and length are written in place, before the store that commits
 *   -DONE_LOG        a snapshot is written over the current log
 *   -DRETURN_HELD    recovery returns held leases to the queue: another slot does the whole item again
 *   -DADOPT_TWICE    the replacement takes over the state, but not the lease, and gets the item as a new one
 */
#ifndef KILLS
#define KILLS 1
#endif
#ifndef NI
#define NI 2
#endif
#define NO NI
#define FREE 0
#define FILLING 1
#define READY 2
#define LEASED 3
#define IDLE 0
#define COMMITTED 1
#define NONE 9
#define TAG(s) ((s)+1+8*epoch[s])
#define OWNS(s,w) (((w)&7)==(s)+1)       /* any epoch of the slot */
#define LEN (2*NI)
#define CUR(s) (2*(s)+(rsq[s]&1))
byte ist[NI], iown[NI], tries[NI];
byte ost[NO], oown[NO], oitem[NO], oseq[NO];
byte nxt, qlk, ring[NO+2], rn; bit dirty;
byte rst[2], rsq[2], rin[2], rout[2];
byte hlog[4], hlen[4], hheld[4]; bit hres[4];
byte log[4*LEN];                         /* log[(2*s+l)*LEN + position] */
byte epoch[2], kills;
bit kill[2], zombie[2], fin[2];
#define SUM ((NI*(NI+1))/2)

inline total(h, s) { atomic { sum=0; p=0; do :: p<hlen[h] -> sum=sum+log[(2*(s)+hlog[h])*LEN+p]; p++ :: else -> break od; p=0 } }

inline write(resumes) {                  /* the state of a commit, and its header */
  c=CUR(s);
#ifdef ONE_HEADER
  n=c;
#else
  n=2*s+((rsq[s]+1)&1);
#endif
  if
  :: hlen[c]<LEN -> l=hlog[c]; p=hlen[c]; log[(2*s+l)*LEN+p]=99; log[(2*s+l)*LEN+p]=i+1; atomic { hlog[n]=l; hlen[n]=p+1; p=0 }
  :: total(c,s);
#ifdef ONE_LOG
     l=hlog[c];
#else
     l=1-hlog[c];
#endif
     log[(2*s+l)*LEN]=99; log[(2*s+l)*LEN]=sum+i+1; atomic { hlog[n]=l; hlen[n]=1; sum=0 }
  fi;
  atomic { hres[n]=resumes; hheld[n]=i; c=0; n=0; l=0 }
}

proctype worker(byte s) {
  byte i, b, c, n, l, p, sum; bit got;
reborn:
  { if
    :: hres[CUR(s)] -> i=hheld[CUR(s)];
#ifdef ADOPT_TWICE
       atomic { ist[i]=READY; iown[i]=0 }
#else
       atomic { assert(ist[i]==LEASED && OWNS(s,iown[i])); iown[i]=TAG(s); tries[i]++ };
       goto second
#endif
    :: else
    fi;
    do
    :: atomic { got=0; if
         :: ist[0]==READY -> i=0; got=1
         :: NI>1 && ist[0]!=READY && ist[NI-1]==READY -> i=NI-1; got=1
         :: else fi; if :: got -> ist[i]=LEASED; iown[i]=TAG(s); tries[i]++ :: else fi };
       if
       :: got -> got=0;
         write(1);
         atomic { rin[s]=NONE; rout[s]=NONE };
         atomic { rst[s]=COMMITTED; rsq[s]++ };
         rst[s]=IDLE;
second:  atomic { if :: ost[0]==FREE -> b=0 :: ost[0]!=FREE && ost[NO-1]==FREE -> b=NO-1 fi; ost[b]=FILLING; oown[b]=TAG(s) };
         oitem[b]=i;
         write(0);
         atomic { rin[s]=i; rout[s]=b };
         atomic { rst[s]=COMMITTED; rsq[s]++ };                        /* one 64-bit store: state and sequence */
         atomic { qlk==0 -> qlk=TAG(s) };
         if :: dirty -> dirty=0; atomic { rn=0; if :: ost[0]==READY -> ring[rn]=0; rn++ :: else fi; if :: NO>1 && ost[NO-1]==READY -> ring[rn]=NO-1; rn++ :: else fi } :: else fi;
         atomic { oseq[b]=nxt; nxt++ };
         atomic { assert(ost[b]==FILLING && oown[b]==TAG(s)); ost[b]=READY; oown[b]=0 };
         atomic { ring[rn]=b; rn++ };
         qlk=0;
         atomic { assert(ist[i]==LEASED && iown[i]==TAG(s)); ist[i]=FREE; iown[i]=0 };
         atomic { rst[s]=IDLE; i=0; b=0 }
       :: !got && ist[0]==FREE && ist[NI-1]==FREE -> break
       :: else -> (ist[0]==READY || ist[NI-1]==READY || (ist[0]==FREE && ist[NI-1]==FREE))
       fi
    od } unless { kill[s] };
  if :: kill[s] -> atomic { kill[s]=0; i=0; b=0; c=0; n=0; l=0; p=0; sum=0; got=0; zombie[s]=1 }; atomic { !zombie[s] }; goto reborn
     :: else -> atomic { fin[s]=1 } fi
}
active proctype killer() {
end: do
  :: atomic { kills<KILLS && !zombie[0] && !kill[0] && !fin[0] -> kill[0]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[1] && !kill[1] && !fin[1] -> kill[1]=1; kills++ }
  od
}
#ifdef RETURN_HELD
#define HELD(s,b) false
#else
#define HELD(s,b) (hres[CUR(s)] && hheld[CUR(s)]==b)
#endif
inline sweep() {
  b=0;
  do :: b<NI ->
     atomic { if :: ist[b]==LEASED && OWNS(s,iown[b]) && !HELD(s,b) -> ist[b]=READY; iown[b]=0 :: else fi };
     atomic { if :: OWNS(s,oown[b]) -> ost[b]=FREE; oown[b]=0 :: else fi; b++ }
     :: else -> b=0; break od
}
active proctype supervisor() {
  byte s, b, p, sum; bit again;
  atomic { for (b : 0 .. NI-1) { ist[b]=READY }; b=0; run worker(0); run worker(1) };
  do
  :: atomic { zombie[0] -> s=0 }; goto rec
  :: atomic { zombie[1] -> s=1 }; goto rec
  :: fin[0] && fin[1] -> break
  :: false ->
rec: again=0;
recagain: skip;
#ifdef SWEEP_FIRST
     sweep();
#endif
     if :: rst[s]==COMMITTED ->
          if :: rout[s]!=NONE ->
#ifdef SUP_LOCKS
             if :: qlk!=TAG(s) -> atomic { qlk==0 -> qlk=128 } :: else fi;
#endif
             if :: OWNS(s,oown[rout[s]]) ->
                atomic { oseq[rout[s]]=nxt; nxt++ };
                atomic { if :: OWNS(s,oown[rout[s]]) && ost[rout[s]]==FILLING -> ost[rout[s]]=READY; oown[rout[s]]=0 :: else fi }
                :: else fi;
#ifdef SUP_LOCKS
             atomic { if :: qlk==128 -> qlk=0 :: else fi };
#endif
             :: else fi;
          if :: again==0 -> again=1; goto recagain :: skip fi;
          if :: rin[s]!=NONE -> atomic { if :: ist[rin[s]]==LEASED && OWNS(s,iown[rin[s]]) -> ist[rin[s]]=FREE; iown[rin[s]]=0 :: else fi } :: else fi;
          rst[s]=IDLE
       :: else fi;
     if :: again==0 -> again=1; goto recagain :: skip fi;
#ifndef SWEEP_FIRST
     sweep();
#endif
     if :: again==0 -> again=1; goto recagain :: skip fi;
     dirty=1;
     atomic { if :: qlk==TAG(s) -> qlk=0 :: else fi };
     atomic { epoch[s]++; zombie[s]=0; s=0; again=0 }
  od;
  assert(qlk==0);
  total(CUR(0),0); b=sum; total(CUR(1),1);
  assert(b+sum==2*SUM);
  for (b : 0 .. NI-1) { assert(ist[b]==FREE && ost[b]==READY); assert(tries[b]>=1 && tries[b]<=1+kills) };
  assert(NI==1 || oitem[0]!=oitem[NO-1])
}
