namespace MicroGpt.Cli;

/// <summary>Holds a model's file for one run by an open file beside it, closed even if the run is killed.</summary>
sealed class ModelLock : IDisposable
{
    readonly FileStream held;

    /// <exception cref="IOException">Another run holds it, or nothing can be written there.</exception>
    public ModelLock(string model)
    {
        const int heldOnLinux = 11, heldOnMac = 35, heldOnWindows = unchecked((int)0x80070020); // EAGAIN, twice
        var path = model + ".lock";
        try
        {
            held = new FileStream(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(e.HResult is heldOnLinux or heldOnMac or heldOnWindows
                ? $"--out {model}: another run is writing this model"
                : $"--out {model}: can't be written: {InputFile.Why(e)}");
        }
        // The last run may have deleted the file between our opening it and our holding it: then it has no name, and the
        // next run would make another. So it gets a time stamp by which the name shows that it is still this file's.
        var stamp = DateTime.UnixEpoch.AddSeconds(2L * Random.Shared.Next());
        File.SetLastWriteTimeUtc(held.SafeFileHandle, stamp);
        if (File.GetLastWriteTimeUtc(path) != stamp)
        {
            held.Dispose();
            throw new IOException($"--out {model}: another run is writing this model");
        }
    }

    public void Dispose() => held.Dispose();
}
