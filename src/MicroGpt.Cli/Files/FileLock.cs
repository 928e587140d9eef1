using System.Runtime.InteropServices;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>Reserves a file for one process. The file need not be open, or exist, and may be replaced.</summary>
/// <remarks>
/// On Linux the lock is an abstract socket, named after the file's path: the kernel removes it with the process, however
/// that ends. Elsewhere it is a file, <c>path.lock</c>.
/// </remarks>
sealed partial class FileLock : IDisposable
{
    const string Mark = "a run of microgpt is writing the file beside this\n";

    readonly int socket = -1;
    readonly FileStream? file;

    FileLock(int socket) => this.socket = socket;

    FileLock(FileStream file) => this.file = file;

    /// <summary>Locks the file, by any of its names.</summary>
    /// <returns>null if another process holds the lock.</returns>
    /// <exception cref="IOException">The lock can't be created.</exception>
    public static FileLock? Take(string path) =>
        OperatingSystem.IsLinux() ? TakeName(FileIdentity.Real(path)) : TakeFileBeside(FileIdentity.Real(path));

    public void Dispose()
    {
        file?.Dispose();
        if (socket >= 0)
        {
            _ = Close(socket);
        }
    }

    static FileLock? TakeName(string path)
    {
        const int unix = 1, stream = 1, closeOnExec = 0x80000; // AF_UNIX, SOCK_STREAM, SOCK_CLOEXEC
        var name = "microgpt-" + Sha256Hash.Of(Encoding.UTF8.GetBytes(path));
        var address = new byte[sizeof(ushort) + 1 + name.Length]; // family; a 0, which means abstract; name
        MemoryMarshal.Write(address, (ushort)unix);
        Encoding.ASCII.GetBytes(name, address.AsSpan(sizeof(ushort) + 1));
        var socket = Socket(unix, stream | closeOnExec, 0);
        if (socket < 0)
        {
            throw new IOException($"no lock: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        if (Bind(socket, address, address.Length) == 0)
        {
            return new(socket);
        }
        _ = Close(socket); // it can only have failed because the name is taken
        return null;
    }

    static FileLock? TakeFileBeside(string path)
    {
        path += ".lock";
        try
        {
            if (File.Exists(path) && File.ReadAllText(path) is not ("" or Mark))
            {
                throw new InvalidDataException($"{path} exists and is not microgpt's; move it away");
            }
            var file = new FileStream(
                path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            if (!File.Exists(path)) // the last holder deleted it between our opening it and our holding it
            {
                file.Dispose();
                return null;
            }
            file.Write(Encoding.ASCII.GetBytes(Mark));
            file.Flush();
            return new(file);
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
    }

    static bool IsHeld(IOException e) =>
        e.HResult is 35 or unchecked((int)0x80070020); // EAGAIN on macOS, ERROR_SHARING_VIOLATION on Windows

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind")]
    private static partial int Bind(int socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
