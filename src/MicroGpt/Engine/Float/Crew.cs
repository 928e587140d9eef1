using System.Diagnostics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>
/// Threads that share the parts of a job. Each begins with parts of its own, the same stretch of every job, so that what
/// it worked on is still in its cache; then it takes what others left. So a part's result must not depend on who does it,
/// and a job is done even if the pool has no thread to spare: the caller does it alone.
/// </summary>
sealed class Crew
{
    // A worker without work looks so long for the next job, which in training comes in microseconds.
    static readonly long patience = Stopwatch.Frequency / 5000;

    readonly Worker[] workers;
    Action<int> job = _ => { };
    long ticket; // the number of the job (40 bits), and its parts (24 bits): read together
    long[] taken = []; // the last job in which somebody took this part
    int unfinished;

    /// <summary>A crew of so many threads, the caller's included.</summary>
    public Crew(int threads)
    {
        Threads = threads;
        workers = [.. Enumerable.Range(1, threads - 1).Select(index => new Worker(this, index))];
    }

    public int Threads { get; }

    /// <summary>
    /// Does all parts, 0 to <paramref name="parts"/> - 1, and returns when the last is done. A part must not throw.
    /// </summary>
    public void Run(int parts, Action<int> part)
    {
        if (workers.Length == 0 || parts == 1)
        {
            for (var i = 0; i < parts; i++)
            {
                part(i);
            }
            return;
        }
        if (taken.Length < parts)
        {
            Array.Resize(ref taken, parts);
        }
        job = part;
        unfinished = parts;
        Volatile.Write(ref ticket, (ticket >> 24) + 1 << 24 | (long)parts);
        foreach (var worker in workers)
        {
            worker.Wake();
        }
        Work(0);
        for (var start = Stopwatch.GetTimestamp(); Volatile.Read(ref unfinished) > 0; Pause())
        {
            if (Stopwatch.GetTimestamp() - start > patience)
            {
                Thread.Yield(); // perhaps to the worker that is waited for
            }
        }
    }

    // Takes parts of the job there is until none is left; says whether it took any. Who is first to write the job's
    // number beside a part owns it. Of a job that is over all parts are taken, so one who comes late does nothing.
    bool Work(int thread)
    {
        var seen = Volatile.Read(ref ticket);
        var (number, parts) = (seen >> 24, (int)(seen & 0xffffff));
        var own = (int)((long)parts * thread / Threads);
        var tookAny = false;
        for (var i = 0; i < parts; i++)
        {
            var part = (own + i) % parts;
            ref var last = ref taken[part];
            var before = Volatile.Read(ref last);
            if (before < number && Interlocked.CompareExchange(ref last, number, before) == before)
            {
                tookAny = true;
                job(part);
                Interlocked.Decrement(ref unfinished);
            }
        }
        return tookAny;
    }

    // A moment, some tens of nanoseconds, whatever the runtime's measurement made of the length of a Thread.SpinWait.
    static void Pause()
    {
        if (X86Base.IsSupported)
        {
            X86Base.Pause();
        }
        else if (ArmBase.IsSupported)
        {
            ArmBase.Yield();
        }
    }

    sealed class Worker(Crew crew, int index) : IThreadPoolWorkItem
    {
        int awake;

        public void Wake()
        {
            if (Interlocked.CompareExchange(ref awake, 1, 0) == 0)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }

        public void Execute()
        {
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetTimestamp() - start < patience; Pause())
            {
                if (crew.Work(index))
                {
                    start = Stopwatch.GetTimestamp();
                }
            }
            Interlocked.Exchange(ref awake, 0); // before the look: a plain write could be seen after it
            crew.Work(index); // a job may have come between the last look and this word
        }
    }
}
