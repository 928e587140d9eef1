using System.Collections.Concurrent;

namespace MicroGpt.Tests;

public class CrewTests
{
    // The runner's own work may hold all threads that the pool begins with.
    static CrewTests() => ThreadPool.SetMinThreads(16, 16);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Every_part_is_done_once_before_the_job_is(int threads)
    {
        var crew = new Crew(threads);
        var random = new Random(threads);
        var (done, who) = (new int[3000], new ConcurrentDictionary<int, bool>());
        for (var job = 0; job < 20_000 || (who.Count < Math.Min(threads, 2) && job < 100_000_000); job++)
        {
            var parts = job % 100 == 0 ? random.Next(0, 3000) : random.Next(0, 8);
            crew.Run(parts, part =>
            {
                who.TryAdd(Environment.CurrentManagedThreadId, true);
                Interlocked.Increment(ref done[part]);
            });
            for (var part = 0; part < parts; part++)
            {
                Assert.Equal(1, done[part]);
                done[part] = 0;
            }
            if (job % 4000 == 0)
            {
                Thread.Sleep(20); // long enough for the workers to give up and go home
            }
        }
        Thread.Sleep(20);
        Assert.All(done, count => Assert.Equal(0, count));
        Assert.InRange(who.Count, Math.Min(threads, 2), int.MaxValue); // workers came
    }

    [Fact]
    public void A_job_is_done_even_if_no_worker_comes()
    {
        // More than the pool starts at once are asked to wait.
        var release = new ManualResetEventSlim();
        for (var i = 0; i < 64; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => release.Wait(), null);
        }
        var sum = 0;
        new Crew(3).Run(10, part => Interlocked.Add(ref sum, part));
        release.Set();
        Assert.Equal(45, sum);
    }
}
