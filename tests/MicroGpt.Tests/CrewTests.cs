namespace MicroGpt.Tests;

public class CrewTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Every_part_is_done_once_before_the_job_is(int threads)
    {
        var crew = new Crew(threads);
        var random = new Random(threads);
        var done = new int[3000];
        for (var job = 0; job < 20_000; job++)
        {
            var parts = job % 100 == 0 ? random.Next(0, 3000) : random.Next(0, 8);
            crew.Run(parts, part => Interlocked.Increment(ref done[part]));
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
        Assert.All(done, count => Assert.Equal(0, count));
    }

    [Fact]
    public void A_job_is_done_even_if_the_pool_has_no_thread_to_spare()
    {
        ThreadPool.GetMinThreads(out var workers, out _);
        using var release = new ManualResetEventSlim();
        for (var i = 0; i < 4 * workers; i++)
        {
            ThreadPool.QueueUserWorkItem(_ => release.Wait());
        }
        var sum = 0;
        new Crew(3).Run(10, part => Interlocked.Add(ref sum, part));
        release.Set();
        Assert.Equal(45, sum);
    }
}
