/* deadlock.pml: when may a run be told that it is stuck? (Arena.Waits, Arena.There.) Two workers set and clear events and wait for them; an event is
 * what is hardest: it may be seen set, and be cleared before who has seen it goes on. Any of them may be stopped anywhere for as long as it
 * likes (a schedule), and be killed anywhere: its replacement begins the round again.
 * A wait: record with a new number; look; arm; look again; asleep; sleep until the word changes or a bound is over; not asleep; look again.
 * The detector (the supervisor, one goroutine, so never in the middle of a recovery) reads one word at a time:
 *   1. every worker that has not ended is asleep: note the record's number   2. no event that is waited for is set   3. as 1, the same numbers
 *   4. none of them is dead: a replacement might not come to the same wait.
 * Invariant: once told, nobody ever leaves a wait (kills behind that are not looked at).
 * Wrong variants: -DRECORD_ONLY (a record will do, asleep or not)  -DONE_PASS (without 3)  -DDOZE_EARLY (asleep is set before the last look)
 *                 -DNO_NUMBER (3 does not compare the numbers)  -DNO_LOOK (without 2)
 *                 -DIGNORE_DEAD (without 4)
 */
#ifndef ROUNDS
#define ROUNDS 3
#endif
#ifndef KILLS
#define KILLS 1
#endif
byte number[2], word[2], round[2], kills;
bit ev[2], on[2], doze[2], fin[2], kill[2], zombie[2], told;
#ifdef RECORD_ONLY
#define STANDS(i) on[i]
#else
#define STANDS(i) doze[i]   /* of a dead one, too: it was asleep when it was killed */
#endif
proctype worker(bit s) {
  byte v;
reborn:
  { do
    :: round[s]==ROUNDS -> break
    :: round[s]<ROUNDS ->
       if
       :: ev[1-s]=1; word[1-s]++                       /* set the other's */
       :: ev[s]=0                                      /* clear one */
       :: ev[1-s]=0
       :: number[s]++; on[s]=1;
          do
          :: if :: ev[s] -> break :: else fi;
             v=word[s];
#ifdef DOZE_EARLY
             doze[s]=1;
#endif
             if :: ev[s] -> break :: else fi;
             doze[s]=1;
             if :: word[s]!=v :: true fi;              /* woken, or the bound is over */
             doze[s]=0
          od;
          assert(!told);
#ifdef DOZE_EARLY
          doze[s]=0;
#endif
          v=0
       fi;
       on[s]=0; round[s]++                             /* the commit */
    od } unless { kill[s] };
  if :: kill[s] -> atomic { kill[s]=0; v=0; zombie[s]=1 }; atomic { !zombie[s] }; goto reborn
     :: else -> fin[s]=1 fi
}
active proctype killer() {
end: do
  :: atomic { kills<KILLS && !told && !zombie[0] && !kill[0] && !fin[0] -> kill[0]=1; kills++ }
  :: atomic { kills<KILLS && !told && !zombie[1] && !kill[1] && !fin[1] -> kill[1]=1; kills++ }
  od
}
active proctype supervisor() {
  byte n[2]; bit bad, e0, e1;
  atomic { run worker(0); run worker(1) };
end: do
  :: atomic { zombie[0] -> on[0]=0; doze[0]=0; number[0]++ }; zombie[0]=0
  :: atomic { zombie[1] -> on[1]=0; doze[1]=0; number[1]++ }; zombie[1]=0
  :: fin[0] && fin[1] -> break
  :: atomic { !told && (STANDS(0) || STANDS(1)) -> bad=0; e0=fin[0]; e1=fin[1] };  /* who has ended is what it has reaped: no end falls into a look */
     if :: e0 || STANDS(0) -> n[0]=number[0] :: else bad=1 fi;
     if :: e1 || STANDS(1) -> n[1]=number[1] :: else bad=1 fi;
#ifndef NO_LOOK
     if :: !e0 && ev[0] -> bad=1 :: else fi;
     if :: !e1 && ev[1] -> bad=1 :: else fi;
#endif
#ifndef ONE_PASS
#ifdef NO_NUMBER
     if :: e0 || STANDS(0) :: else bad=1 fi;
     if :: e1 || STANDS(1) :: else bad=1 fi;
#else
     if :: e0 || STANDS(0) && n[0]==number[0] :: else bad=1 fi;
     if :: e1 || STANDS(1) && n[1]==number[1] :: else bad=1 fi;
#endif
#endif
     atomic {                                          /* who is alive when looked at last was alive when the first was looked at */
#ifndef IGNORE_DEAD
       if :: zombie[0] || kill[0] || zombie[1] || kill[1] -> bad=1 :: else fi;
#endif
       if :: !bad && !(e0 && e1) -> told=1 :: else fi
     };
     bad=0; n[0]=0; n[1]=0; e0=0; e1=0
  od
}
