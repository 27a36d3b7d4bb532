/* cycle.pml: when does a queue on a cycle close? (CycleQuiet.) As built: an output is FILLING before the commit, its sequence number is the publish
 * counter and is taken before it is READY, and a FILLING block keeps the cycle open. Ring of two queues: A reads 0 and writes 1, B reads 1 and writes 0.
 * A seeder outside the cycle writes NI items with a time to live into queue 0 and ends; an item whose time is over is dropped.
 * The detector (the supervisor, one goroutine, so never in the middle of a recovery) reads one word at a time:
 *   p1 = sum of publish counters; outside writers ended for good; every queue of the cycle: no READY, no LEASED;
 *   every writer: alive (no zombie, no pending restart), wait record "get on queues of this cycle"; p2 = sum again; p1==p2 -> close.
 * Checked: nothing is put to a closed queue, nothing is left in one, all end. Kill anywhere (the record decides: redelivered or rolled forward).
 * Invariant: closed only when nothing can move; no put to a closed queue, no block left.
 * Wrong variants (with -DANYTIME): -DSINGLE (no second read of the counters)  -DIGNORE_LEASES
 *                 "-DFREE_FIRST -DKEEP_WAIT" (input freed before the output is published, stale wait record)
 * -DFREE_FIRST alone and -DIGNORE_DEAD (a zombie does not hold the cycle open) are harmless here: the cleared wait record and the
 * dead one's visible lease protect. They are not harmless for a worker whose stage state can still emit (not modelled).
 */
#ifndef KILLS
#define KILLS 1
#endif
#ifndef NI
#define NI 2
#endif
#ifndef TTL
#define TTL 4
#endif
#define FREE 0
#define FILLING 1
#define READY 2
#define LEASED 3
#define NBK (2*NI)
byte bs[NBK], bt[NBK], bo[NBK]; bit bq[NBK];
byte pub[2], kills; bit waiting[2], com[2], kill[2], zombie[2], fin[2], closed, seeded;
byte cur[2], outp[2]; 
#define OUT(c) (((c)&254)+1-((c)&1))       /* the other block of the pair: where the item goes next */
#ifdef LATE_RESERVE
inline reserve(k) { skip }
inline publish(k) { pub[1-s]++; atomic { if :: bs[k]==FREE -> assert(!closed); bs[k]=READY; bt[k]=bt[cur[s]]-1; bq[k]=1-bq[cur[s]] :: else fi } }
#else
inline reserve(k) { atomic { bs[k]==FREE -> bs[k]=FILLING; bo[k]=s+1; bq[k]=1-bq[cur[s]]; bt[k]=bt[cur[s]]-1 } }
/* the sequence number, which is the queue's publish counter, is taken before the block is READY; recovery may take another one */
inline publish(k) { if :: bs[k]==FILLING && bo[k]==s+1 -> pub[1-s]++; atomic { if :: bs[k]==FILLING && bo[k]==s+1 -> assert(!closed); bs[k]=READY; bo[k]=0 :: else fi } :: else fi }
#endif
inline take() { atomic { k=0; do :: k<NBK && !(bs[k]==READY && bq[k]==s) -> k++ :: else -> break od;
   if :: k<NBK -> bs[k]=LEASED; bo[k]=s+1; cur[s]=k :: else fi } }
proctype worker(bit s) {
  byte k;
reborn:
  { do
    :: take();
       if
       :: k<NBK ->
#ifndef KEEP_WAIT
          waiting[s]=0;                               /* the record is cleared after the lease, before the release */
#endif
         
          outp[s]=(bt[cur[s]]>1);
          if :: outp[s] -> reserve(OUT(cur[s])) :: else fi;
          com[s]=1;                                   /* COMMITTED */
#ifdef FREE_FIRST
          atomic { bs[cur[s]]=FREE; bo[cur[s]]=0 };
          if :: outp[s] -> publish(OUT(cur[s])) :: else fi;
#else
          if :: outp[s] -> publish(OUT(cur[s])) :: else fi;
          atomic { bs[cur[s]]=FREE; bo[cur[s]]=0 };
#endif
          com[s]=0
       :: else -> if :: closed -> break
          :: else -> waiting[s]=1;
             k=0; do :: k<NBK && !(bs[k]==READY && bq[k]==s) -> k++ :: else -> break od;
             if :: k==NBK -> k=0; (closed || (bs[0]==READY && bq[0]==s) || (bs[1]==READY && bq[1]==s) || (bs[NBK-2]==READY && bq[NBK-2]==s) || (bs[NBK-1]==READY && bq[NBK-1]==s)) :: else k=0 fi
          fi
       fi
    od } unless { kill[s] };
  if :: kill[s] -> atomic { kill[s]=0; k=0; zombie[s]=1 }; atomic { !zombie[s] }; goto reborn
     :: else -> fin[s]=1 fi
}
active proctype seeder() {
  byte i;
  do :: i<NI -> atomic { assert(!closed); bs[2*i]=READY; bt[2*i]=TTL; bq[2*i]=0; pub[0]++; i++ } :: else -> break od;
  seeded=1
}
active proctype killer() {
end: do
  :: atomic { kills<KILLS && !zombie[0] && !kill[0] && !fin[0] -> kill[0]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[1] && !kill[1] && !fin[1] -> kill[1]=1; kills++ }
  od
}
active proctype supervisor() {
  byte p, k; byte s; bit bad;
  atomic { run worker(0); run worker(1) };
  do
  :: atomic { zombie[0] -> s=0 }; goto rec
  :: atomic { zombie[1] -> s=1 }; goto rec
  :: fin[0] && fin[1] -> break
#ifdef ANYTIME     /* the detector may look at any moment (safety only: the supervisor then never blocks) */
  :: atomic { !closed && seeded -> bad=0; p=pub[0]+pub[1] };
#else
  :: atomic { !closed && seeded && ((waiting[0] && waiting[1]) || zombie[0] || zombie[1]) -> bad=0; p=pub[0]+pub[1] };  /* triggered by quiet */
#endif
     k=0;
     do :: k<NBK -> 
#ifdef IGNORE_LEASES
          if :: bs[k]==READY || bs[k]==FILLING -> bad=1 :: else fi; k++
#else
          if :: bs[k]!=FREE -> bad=1 :: else fi; k++   /* FILLING too */
#endif
        :: else -> k=0; break od;
#ifdef IGNORE_DEAD
     if :: !zombie[0] && !waiting[0] -> bad=1 :: else fi;
     if :: !zombie[1] && !waiting[1] -> bad=1 :: else fi;
#else
     if :: zombie[0] || !waiting[0] -> bad=1 :: else fi;
     if :: zombie[1] || !waiting[1] -> bad=1 :: else fi;
#endif
#ifndef SINGLE
     if :: pub[0]+pub[1]!=p -> bad=1 :: else fi;
#endif
     p=0;
     if :: !bad -> closed=1 :: else bad=0 fi
  :: false ->
rec: waiting[s]=0;
     if :: com[s] -> if :: outp[s] -> 
#ifdef FREE_FIRST
            skip
#else
            publish(OUT(cur[s]))
#endif
            :: else fi;
            atomic { if :: bs[cur[s]]==LEASED && bo[cur[s]]==s+1 -> bs[cur[s]]=FREE; bo[cur[s]]=0 :: else fi }; com[s]=0
        :: else fi;
     k=0; do :: k<NBK -> atomic { if :: bs[k]==LEASED && bo[k]==s+1 -> bs[k]=READY; bo[k]=0 :: bs[k]==FILLING && bo[k]==s+1 -> bs[k]=FREE; bo[k]=0 :: else fi; k++ } :: else -> k=0; break od;
     atomic { zombie[s]=0; s=0 }
  od;
  for (k : 0 .. NBK-1) { assert(bs[k]==FREE) }
}
