using System.Diagnostics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MicroGpt;

/// <summary>
/// Threads that share the parts of a job. Each thread starts with the same parts in every job, whose data is still in its
/// cache, and then takes parts that other threads have not started. A part's result must not depend on the thread. If the
/// pool has no thread to spare, the caller does the whole job.
/// </summary>
sealed class Crew
{
    // How long an idle worker spins; in training, the next job comes within microseconds.
    static readonly long patience = Stopwatch.Frequency / 5000;

    readonly Worker[] workers;
    Action<int> job = _ => { };
    long ticket; // the number of the job (40 bits), and its parts (24 bits): read together
    long[] taken = []; // the last job in which this part was taken
    int unfinished;

    /// <summary>Creates a crew of threads, including the caller's.</summary>
    public Crew(int threads)
    {
        Threads = threads;
        workers = [.. Enumerable.Range(1, threads - 1).Select(index => new Worker(this, index))];
    }

    public int Threads { get; }

    /// <summary>
    /// Runs all parts, 0 to <paramref name="parts"/> - 1, and returns when the last is done. A part must not throw.
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
                Thread.Yield(); // perhaps to the worker we are waiting for
            }
        }
    }

    // Takes parts of the current job until none is left; returns whether it took any. The first thread to write the job's
    // number beside a part owns it. In a finished job all parts are taken, so a late thread does nothing.
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

    // Some tens of nanoseconds. (Thread.SpinWait varies with a measurement that the runtime makes.)
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
            Interlocked.Exchange(ref awake, 0); // before the last look: a plain write could become visible after it
            crew.Work(index); // a job may have come just before this worker was marked asleep
        }
    }
}
