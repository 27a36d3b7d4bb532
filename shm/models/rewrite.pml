/* rewrite.pml: a stripe of two numbers on two sides. A writer makes both anew, twice, on the side that nobody reads, and the commit turns the
 * stripe over; so does another. A reader takes no lock: it reads the side word, the numbers, and the side word again.
 * Invariant: what the reader takes was there at one moment; at the end every commit is in the numbers.
 * Wrong variants: -DBIT        the side word is a bit and does not count: turned over twice, it looks the same
 *                 -DIN_PLACE   the writer writes the side that counts
 *                 -DREDO_LATE  recovery turns over a stripe whose lock does not name the dead any more
 *                 -DNO_LOCK    the writer's lock is freed before the commit
 */
#ifndef KILLS
#define KILLS 1
#endif
#define ROUNDS 2
#define SIDE(v) (2*((v)&1))
byte cell[4], side, lk, image[2], seq[2], kills; bit committed[2], kill[2], zombie[2], fin[2];
inline take() { atomic { lk==0 -> lk=s+1 } }
proctype writer(byte s) {
  byte v;
reborn:
  { do
    :: seq[s]==ROUNDS -> break
    :: else ->
       take();
       v=side;
#ifdef IN_PLACE
       cell[SIDE(v)]=cell[SIDE(v)]+1; cell[SIDE(v)+1]=cell[SIDE(v)+1]+1; image[s]=v;
#else
       cell[SIDE(v+1)]=cell[SIDE(v)]+1; cell[SIDE(v+1)+1]=cell[SIDE(v)+1]+1;
#ifdef BIT
       image[s]=(v+1)&1;
#else
       image[s]=v+1;
#endif
#endif
#ifdef NO_LOCK
       atomic { if :: lk==s+1 -> lk=0 :: else fi };
#endif
       atomic { committed[s]=1; seq[s]++ };
       side=image[s];
       atomic { if :: lk==s+1 -> lk=0 :: else fi };
       committed[s]=0
    od; v=0 } unless { kill[s] };
  if :: kill[s] -> atomic { kill[s]=0; v=0; zombie[s]=1 }; atomic { !zombie[s] }; goto reborn
     :: else -> fin[s]=1 fi
}
active proctype reader() {
  byte v, x, y;
again: v=side; x=cell[SIDE(v)]; y=cell[SIDE(v)+1];
  if :: side==v -> assert(x==y) :: else -> goto again fi
}
active proctype killer() {
end: do
  :: atomic { kills<KILLS && !zombie[0] && !kill[0] && !fin[0] -> kill[0]=1; kills++ }
  :: atomic { kills<KILLS && !zombie[1] && !kill[1] && !fin[1] -> kill[1]=1; kills++ }
  od
}
active proctype supervisor() {
  byte s; bit again;
  atomic { run writer(0); run writer(1) };
  do
  :: atomic { zombie[0] -> s=0 }; goto rec
  :: atomic { zombie[1] -> s=1 }; goto rec
  :: fin[0] && fin[1] -> break
  :: false ->
rec: again=0;
recagain: skip;
     if :: committed[s] ->
#ifdef REDO_LATE
           side=image[s];
#else
           if :: lk==s+1 -> side=image[s] :: else fi;
#endif
           if :: !again -> again=1; goto recagain :: skip fi;
           committed[s]=0
        :: else fi;
     if :: !again -> again=1; goto recagain :: skip fi;
     atomic { if :: lk==s+1 -> lk=0 :: else fi };
     atomic { zombie[s]=0; s=0; again=0 }
  od;
  assert(cell[SIDE(side)]==2*ROUNDS && cell[SIDE(side)+1]==2*ROUNDS && lk==0)
}
