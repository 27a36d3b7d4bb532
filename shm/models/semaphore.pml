/* semaphore.pml: the rows of a semaphore of one: acquired | released | acquired as committed, and the hint that repeats their sum.
 * Each worker, ROUNDS times: acquires; either releases at once, or commits, is alone, and commits the release. Under the inner lock: repair,
 * hint, row. Recovery: the committed release, acquired = as committed, dirty, then the dead's inner lock.
 * Invariant: never two are alone together; at the end the rows say one, and so does the hint unless it is dirty.
 * Wrong variants: -DRELEASE_ADDS  to release at once raises released: with the acquisition undone by a death, it comes back twice
 *                 -DNO_UNDO       a death leaves what was acquired and not committed
 *                 -DNO_DIRTY      a death does not make the hint doubtful
 *                 -DCLEAN_LAST    dirty is cleared behind the sum: a death between them is overlooked
 */
#ifndef KILLS
#define KILLS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
byte lk, hint=1, a[2], b[2], c[2], image[2], done[2], kills; bit dirty, committed[2], alone[2], kill[2], zombie[2], fin[2];
#define SUM (1+b[0]+b[1]-a[0]-a[1])
inline repair() {
  if :: dirty ->
#ifdef CLEAN_LAST
        n=SUM; hint=n; dirty=0
#else
        dirty=0; n=SUM; hint=n
#endif
     :: else fi; n=0
}
inline take() { atomic { lk==0 -> lk=s+1 }; repair() }
proctype worker(byte s) {
  byte n; bit ok;
reborn:
  { if :: c[s]>b[s] -> goto second :: else fi;
    do
    :: done[s]==ROUNDS -> break
    :: else ->
       ok=0;
       do :: !ok -> (dirty || hint>0); take();
             if :: hint>0 -> hint--; a[s]++; ok=1 :: else fi;
             lk=0
          :: else -> break od;
       if
       :: take();
#ifdef RELEASE_ADDS
          b[s]++;
#else
          a[s]--;
#endif
          hint++; lk=0; done[s]++
       :: c[s]=a[s];
second:   atomic { assert(!alone[1-s]); alone[s]=1 };
          take();
          image[s]=b[s]+1;
          atomic { committed[s]=1; alone[s]=0; done[s]++ };
          n=image[s]-b[s]; b[s]=image[s]; hint=hint+n; n=0;
          lk=0; committed[s]=0
       fi
    od } unless { kill[s] };
  if :: kill[s] -> atomic { kill[s]=0; n=0; ok=0; zombie[s]=1 }; atomic { !zombie[s] }; goto reborn
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
     if :: committed[s] -> atomic { hint=hint+image[s]-b[s]; b[s]=image[s] };
           if :: !again -> again=1; goto recagain :: skip fi;
           committed[s]=0
        :: else fi;
#ifndef NO_UNDO
     a[s]=c[s];
#endif
     if :: !again -> again=1; goto recagain :: skip fi;
#ifndef NO_DIRTY
     dirty=1;
#endif
     if :: !again -> again=1; goto recagain :: skip fi;
     atomic { if :: lk==s+1 -> lk=0 :: else fi };
     atomic { zombie[s]=0; s=0; again=0 }
  od;
  assert(lk==0 && SUM==1 && (dirty || hint==1))
}
