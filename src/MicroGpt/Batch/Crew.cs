namespace MicroGpt;

/// <summary>
/// Threads that share the parts of a job. Who takes which part is left to chance, so a part's result must not depend on
/// it. The caller works too: if the pool has no thread to spare, the job is done all the same, only later.
/// </summary>
sealed class Crew
{
    // A worker without work looks around this long for the next job, which in training comes in microseconds.
    const int Patience = 2000;

    readonly Worker[] workers;
    Action<int> job = _ => { };
    long ticket; // job number (32 bits), parts (16), the next part to be taken (16)
    int unfinished;

    /// <summary>A crew of so many threads, the caller's included.</summary>
    public Crew(int threads)
    {
        Threads = threads;
        workers = [.. Enumerable.Range(1, threads - 1).Select(_ => new Worker(this))];
    }

    public int Threads { get; }

    /// <summary>Does all parts, 0 to <paramref name="parts"/> - 1, and returns when the last is done.</summary>
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
        job = part;
        unfinished = parts;
        Volatile.Write(ref ticket, (ticket >> 32) + 1 << 32 | (long)parts << 16);
        foreach (var worker in workers)
        {
            worker.Wake();
        }
        while (TryWork())
        {
        }
        var wait = new SpinWait();
        while (Volatile.Read(ref unfinished) > 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    // A ticket changes with each part that is taken and each job that begins: who exchanged it owns the part.
    bool TryWork()
    {
        while (true)
        {
            var seen = Volatile.Read(ref ticket);
            var (parts, next) = ((int)(seen >> 16) & 0xffff, (int)seen & 0xffff);
            if (next >= parts)
            {
                return false;
            }
            if (Interlocked.CompareExchange(ref ticket, seen + 1, seen) == seen)
            {
                job(next);
                Interlocked.Decrement(ref unfinished);
                return true;
            }
        }
    }

    sealed class Worker(Crew crew) : IThreadPoolWorkItem
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
            for (var idle = 0; idle < Patience; idle++)
            {
                if (crew.TryWork())
                {
                    idle = 0;
                }
                else
                {
                    Thread.SpinWait(10);
                }
            }
            Volatile.Write(ref awake, 0);
            crew.TryWork(); // a job may have come between the last look and this word
        }
    }
}
